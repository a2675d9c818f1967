/**
 * @file The text in the reply of a model that was asked to rewrite, translate, correct or propose one. Models announce it,
 * quote it, fence it, explain it and offer another; what is sent on should be the text alone. When in doubt, nothing is
 * removed: a text may well speak of prompts, hold a list, or end in a question.
 */
import { isEmptyResponse, isRefusal } from './refusal.ts';
import {
  accountHeading,
  announcementIn,
  answerOpening,
  assent,
  closingOffer,
  correction,
  exclamation,
  otherProposal,
  promptBehindReason,
  remark,
  wordsOf,
  type Announcement,
} from './rewriter-phrases.ts';
import { answerIn } from './thoughts.ts';

export interface RewriterReply {
  /** The text that was asked for, as far as it can be told. */
  readonly text: string;
  /**
   * Why it cannot be used; `null` if it can. `empty`: there are no words. `refusal`: the model declines to write it.
   * `answer`: the model did what the text asks instead of rewriting it. `structured`: the reply is data, or half of it.
   */
  readonly flaw: 'empty' | 'refusal' | 'answer' | 'structured' | null;
}

export interface RewriterTask {
  /** The text that was to be rewritten: only then can an answer to it be told from a rewriting. */
  readonly original?: string;
  /** Titles that the model may write before the text, such as the name of a language. */
  readonly labels?: readonly string[];
  /** True for a text that may decline, such as the translation of an answer. Default: false. */
  readonly mayDecline?: boolean;
  /** True for a long text with an opening, lists and a closing of its own, such as an answer. Default: false. */
  readonly document?: boolean;
}

/** A model that declines does so within its first characters; later ones may be part of the text. */
const refusalHead = 60;
/** Longest announcement, in characters. */
const longestHead = 240;

/** Opening and closing marks of a quotation. */
const quotes: Readonly<Record<string, string>> = {
  '"': '"',
  '“': '”',
  '„': '“”',
  "'": "'",
  '‘': '’',
  '«': '»',
  '「': '」',
  '『': '』',
};

/** The one text in a reply, or the first of several. */
export function readRewriterReply(reply: string, task: RewriterTask = {}): RewriterReply {
  return judged(reply, proposalsIn(reply, task)[0] ?? '', task);
}

/** The text of a usable reply; `null` for any other. */
export function rewritingIn(reply: string, task: RewriterTask = {}): string | null {
  const { text, flaw } = readRewriterReply(reply, task);
  return flaw === null ? text : null;
}

/** All usable texts of a reply to a question for several: the items of its list, else the one text. */
export function rewritingsIn(reply: string, task: RewriterTask = {}): readonly string[] {
  const items = listItems(withoutRemarks(withoutAnnouncements(answerIn(reply).trim(), task).text));
  const texts = items.length > 1 ? items.map((item) => unwrapped(item)) : proposalsIn(reply, task);
  return texts.filter((text) => judged(reply, text, task).flaw === null);
}

function judged(reply: string, text: string, task: RewriterTask): RewriterReply {
  if (isEmptyResponse(text) || !/[\p{L}\p{N}]/u.test(text)) return { text, flaw: 'empty' };
  if (!task.document && /^(?:\{\s*["'}]|\[\s*[{"'])/.test(text)) return { text, flaw: 'structured' };
  if (!task.mayDecline && [answerIn(reply), text].some(declines)) return { text, flaw: 'refusal' };
  if (task.original !== undefined && isAnswer(reply, text, task.original)) return { text, flaw: 'answer' };
  return { text, flaw: null };
}

/** "I am sorry to bother you" begins a request. */
const politeApology =
  /\b(?:(?:i|we)(?:'m| am|'re| are) )?(?:so |very |really )?sorry (?:to (?:bother|ask|trouble|disturb|interrupt|be)|for (?:the|my|asking|bothering))/gi;
const declines = (text: string) =>
  isRefusal(text.replaceAll(/[’‘]/g, "'").replaceAll(politeApology, ''), { headCharacters: refusalHead });

/** What a text says that asks for something; an answer does not. */
const asking = /\?|？|\b(?:please|(?:tell|show|give|teach|help) (?:me|us)|explain|describe)\b/i;

/** True if the reply does what `original` asks for. */
function isAnswer(reply: string, text: string, original: string): boolean {
  const opening = answerIn(reply).trim().replace(assent, '');
  return !asking.test(text) && answerOpening.test(opening) && !answerOpening.test(original.trim());
}

function proposalsIn(reply: string, task: RewriterTask): readonly string[] {
  const whole = answerIn(reply).replaceAll('\r\n', '\n').trim();
  const announced = withoutAnnouncements(whole, task);
  if (task.document) return [announced.form === null ? withoutFence(whole) : unwrapped(announced.text)];
  const [first = ''] = announced.text.split(otherProposal);
  const text = unwrapped(withoutRemarks(first));
  const items = listItems(text);
  if (items.length > 1 && announced.form === 'several') return items.map((item) => unwrapped(item));
  return [items.length === 1 && /^\s*(?:\d+[.)]|[-*•])\s/.test(text) ? unwrapped(items[0]!) : text];
}

/** Removes "Sure!", "Here is the rewritten prompt:", titles and the like, as often as they follow one another. */
function withoutAnnouncements(
  whole: string,
  task: RewriterTask,
): { readonly text: string; readonly form: Announcement } {
  let text = whole;
  let form: Announcement = null;
  for (let round = 0; round < 4; round++) {
    const next = withoutAnnouncement(text, task);
    if (next === null) break;
    form = next.form === 'several' ? 'several' : (form ?? next.form);
    text = next.text;
  }
  return { text, form };
}

function withoutAnnouncement(text: string, { labels = [], document = false }: RewriterTask) {
  // Assent in a paragraph of its own.
  const opener = document ? null : /^([^\n]{1,120})\n\s*\n/.exec(text);
  if (opener && withoutAssent(opener[1]!) === '')
    return { text: text.slice(opener[0].length).trim(), form: null };
  const prompt = document ? null : promptBehindReason.exec(text);
  const behind = prompt ?? (document ? null : exclamation.exec(text));
  if (behind) return { text: text.slice(behind[0].length).trim(), form: null };

  for (const { head, rest } of headsOf(text)) {
    const words = wordsOf(withoutAssent(head));
    const isLabel = labels.some((label) => label.toLowerCase() === words.toLowerCase());
    const isTitle = document ? correction.test(words) : words === '' && head !== '';
    const form = isLabel || isTitle ? 'one' : document || words === '' ? null : announcementIn(words, rest);
    const isDialogue =
      /^(?:question|answer|q|a)$/i.test(words) && /^\s*(?:question|answer|q|a)\s*:/im.test(rest);
    if (form !== null && !isDialogue && /\S/.test(rest))
      return { text: rest.replace(/^[*_]+\s/, '').trim(), form };
  }
  return null;
}

function withoutAssent(head: string): string {
  let words = head.trim();
  for (let next = words.replace(assent, ''); next !== words; next = words.replace(assent, '')) words = next;
  return words;
}

/** Where an announcement may end: at a colon, at the end of a first line, or before a quotation. */
function* headsOf(text: string) {
  const start = text.slice(0, longestHead);
  const colon = /^([^:：\n]*)(?:[:：](?!\/\/|\d)[*_]*| [-–—] )/.exec(start);
  if (colon) yield { head: colon[1]!, rest: text.slice(colon[0].length) };
  const line = /^([^\n]+?)[.!]?[*_]*\n/.exec(start);
  if (line && (/^[*#_]/.test(line[1]!) || /^(?:here|i\b)/i.test(withoutAssent(line[1]!))))
    yield { head: line[1]!, rest: `\n${text.slice(line[0].length)}` };
  const quotation = /^([^"“«\n]{3,160}?) ["“«]/.exec(start);
  if (quotation && isQuotation(text.slice(quotation[1]!.length + 1)))
    yield { head: quotation[1]!, rest: text.slice(quotation[1]!.length + 1) };
}

/** Where the quotation at the start of `text` ends; `null` if there is none, or if the text goes on behind it. */
function quotationEnd(text: string): number | null {
  const closing = quotes[text[0] ?? ''];
  if (closing === undefined) return null;
  let depth = 1;
  for (let at = 1; at < text.length; at++) {
    const character = text[at]!;
    if (character === '\\') at++;
    else if (closing.includes(character)) {
      const isApostrophe = /['’]/.test(character) && /\p{L}/u.test(text[at + 1] ?? '');
      const opensAnother = character === text[0] && /[\s(]/.test(text[at - 1] ?? '');
      if (isApostrophe) continue;
      depth += opensAnother ? 1 : -1;
      if (depth === 0) {
        const behind = text.slice(at + 1);
        return /^[.,;]?\s*$/.test(behind) || /^[.,]?\s*\n/.test(behind) || remark.test(behind.trim())
          ? at
          : null;
      }
    }
  }
  return null;
}

const isQuotation = (text: string): boolean => quotationEnd(text) !== null;

/** Without quotation marks, a fence or Markdown around the whole, and without a bracketed remark behind it. */
function unwrapped(whole: string): string {
  let text = whole.trim();
  for (let round = 0; round < 4; round++) {
    const end = quotationEnd(text);
    const next =
      end !== null
        ? text.slice(1, end).replaceAll('\\"', '"')
        : withoutFence(text)
            .replace(/^(\*\*|__|\*|_|`)(?=\S)((?:(?!\1)[\s\S])+)\1$/, '$2')
            .replace(/^(?:>[^\n]*(?:\n|$))+$/, (block) => block.replace(/^> ?/gm, ''))
            .replace(
              /\s*[([](?:translation|literal|pronunciation|pinyin|romani[sz]ation|note|past tense|future tense|\d+ words)\b[^\n]*[)\]]$/i,
              '',
            );
    if (next.trim() === text) break;
    text = next.trim();
  }
  return text;
}

/** The content of the one fence that `text` begins with, where nothing but remarks follows it. */
function withoutFence(text: string): string {
  const match = /^```[^\n`]*\n([\s\S]*?)\n?```([\s\S]*)$/.exec(text);
  if (!match || match[2]!.includes('```')) return text;
  return match[2]!.trim() === '' || remark.test(match[2]!.trim()) ? match[1]!.trim() : text;
}

/** Without the paragraphs and lines at the end that speak about the text or offer more. */
function withoutRemarks(whole: string): string {
  const paragraphs = whole.split(/\n\s*\n/);
  const account = paragraphs.findIndex((paragraph, at) => at > 0 && accountHeading.test(paragraph.trim()));
  const kept = account < 0 ? paragraphs : paragraphs.slice(0, account);
  while (kept.length > 1 && remark.test(kept.at(-1)!.trim())) kept.pop();
  const lines = kept.join('\n\n').split('\n');
  while (lines.length > 1 && (remark.test(lines.at(-1)!.trim()) || lines.at(-1)!.trim() === '')) lines.pop();
  return lines.join('\n').replace(closingOffer, '').trim();
}

const itemStart =
  /^(?:\d+[.)]|[-*•]|[a-e][.)]|(?:option|version|alternative|variation)\s*#?\w+\s*[:.)-])\s+/i;

/** The items of a list that is the whole text; each with the lines that follow its first. */
function listItems(text: string): readonly string[] {
  const lines = text.split('\n').filter((line) => /\S/.test(line));
  if (!itemStart.test(lines[0]?.replace(/^[*_]+(?=\w)/, '') ?? '')) return [];
  const items: string[] = [];
  for (const line of lines) {
    const plain = line.replace(/^[*_]+(?=\w)/, '');
    if (itemStart.test(plain)) items.push(plain.replace(itemStart, ''));
    else items.push(`${items.pop() ?? ''}\n${line}`);
  }
  return items.map((item) => item.trim());
}
