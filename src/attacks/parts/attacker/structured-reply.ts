/** @file Readers for the replies of attackers and judges: a JSON object, or the plain text of a prompt. */
import { rewritingIn } from '../../../core/rewriter-reply.ts';
import { answerIn } from '../../../core/thoughts.ts';

export interface Proposal {
  readonly prompt: string;
  /** The attacker's own account of its change. */
  readonly improvement?: string;
}

/**
 * The first JSON object in a reply, after thoughts in tags and whatever surrounds it; `null` when there is none.
 * Accepts line breaks within strings, trailing commas, Python's quotes and constants, and missing closing brackets. A
 * text that ends within a string is not repaired: half a prompt is no prompt.
 */
export function firstObject(reply: string): Readonly<Record<string, unknown>> | null {
  const text = answerIn(reply);
  for (let at = text.indexOf('{'); at >= 0; at = text.indexOf('{', at + 1)) {
    const json = repairedObject(text, at);
    const value = json === null ? null : parsed(json);
    if (value !== null) return value;
  }
  return null;
}

function parsed(json: string): Readonly<Record<string, unknown>> | null {
  try {
    return JSON.parse(json) as Readonly<Record<string, unknown>>;
  } catch {
    return null;
  }
}

/** The balanced `{…}` that starts at `start`, repaired to strict JSON where possible. */
function repairedObject(text: string, start: number): string | null {
  let repaired = '';
  const open: string[] = [];
  for (let i = start; i < text.length; i++) {
    const character = text[i]!;
    if (character === '"' || (character === "'" && /[{[:,]\s*$/.test(repaired))) {
      const end = endOfString(text, i);
      if (end === null) return null;
      repaired += strictString(text.slice(i + 1, end), character);
      i = end;
    } else if (character === '{' || character === '[') {
      open.push(character === '{' ? '}' : ']');
      repaired += character;
    } else if (character === '}' || character === ']') {
      if (open.pop() !== character) return null;
      repaired = repaired.replace(/,\s*$/, '') + character;
      if (open.length === 0) return outsideStrings(repaired);
    } else repaired += character;
  }
  return outsideStrings(repaired.replace(/,?\s*$/, '') + open.toReversed().join(''));
}

/** Where the string that starts at `start` ends. A single quote ends one only where a value may end. */
function endOfString(text: string, start: number): number | null {
  const quote = text[start]!;
  for (let i = start + 1; i < text.length; i++) {
    if (text[i] === '\\') i++;
    else if (text[i] === quote && (quote === '"' || /^\s*([,:}\]]|$)/.test(text.slice(i + 1)))) return i;
  }
  return null;
}

/** The content of a string as a JSON string. */
function strictString(inside: string, quote: string): string {
  const plain = inside.replaceAll("\\'", "'");
  const escaped = quote === '"' ? plain : plain.replace(/(?<!\\)"/g, '\\"');
  const escapes: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };
  return `"${escaped.replace(/[\n\r\t]/g, (control) => escapes[control]!)}"`;
}

/** Replaces Python's constants by JSON's, except within strings. */
const outsideStrings = (json: string): string =>
  json.replace(/"(?:\\.|[^"\\])*"|\b(?:True|False|None)\b/g, (token) =>
    token.startsWith('"') ? token : { True: 'true', False: 'false', None: 'null' }[token]!,
  );

/** A proposal as `{"improvement": …, "prompt": …}`; `null` unless the prompt is a text with words of its own. */
export function readJsonProposal(reply: string): Proposal | null {
  const { prompt, improvement } = firstObject(reply) ?? {};
  if (typeof prompt !== 'string' || !isProposal(prompt)) return null;
  return { prompt: prompt.trim(), ...(typeof improvement === 'string' && { improvement }) };
}

/** A model that copies the form it was shown proposes nothing. */
const placeholder =
  /^[<[(.\s]*(?:(?:the|your|a|an) )?(?:(?:new|next|improved|better|first) )*(?:prompt|question)[>\])."\s]*$/i;
const isProposal = (prompt: string) =>
  /[\p{L}\p{N}]/u.test(prompt) && !placeholder.test(prompt) && !/^\s*\{\s*["']/.test(prompt);

/** A text that breaks off, up to the end of its last sentence; `undefined` if it has none. */
export const wholeSentences = (text: string): string | undefined =>
  /^[\s\S]*[.!?。！？…]["'”’)]*(?=\s|$)/.exec(text)?.[0];

export interface SalvagedPrompt {
  readonly prompt: string;
  /** False if it breaks off in its first sentence. */
  readonly usable: boolean;
}

/**
 * The prompt field of an object that cannot be read, because it breaks off or because a quotation mark in it is not
 * escaped; `null` where there is none. A prompt that breaks off ends with its last whole sentence.
 */
export function salvagedPrompt(reply: string): SalvagedPrompt | null {
  const text = answerIn(reply);
  const field = /["']prompt["']\s*:\s*(["'])/.exec(text);
  if (!field) return null;
  const rest = text.slice(field.index + field[0].length);
  const end = new RegExp(`(?<!\\\\)${field[1]!}\\s*(?:\\}|,\\s*["']\\w+["']\\s*:|$)`).exec(rest);
  const written = unescaped(rest.slice(0, end?.index));
  const sentences = end ? written : wholeSentences(written);
  const prompt = (sentences ?? written).trim();
  return isProposal(prompt) ? { prompt, usable: sentences !== undefined } : null;
}

/** True for an object that ends behind its reason. */
export const lacksPrompt = (reply: string): boolean =>
  /^\s*\{\s*"improvement"\s*:\s*"(?:[^"\\]|\\.)*"\s*,?\s*\}/.test(answerIn(reply));

/** An object begun again behind the last sentence of its reason, with the prompt opened. */
export function closedReason(reply: string): string {
  const reason = /^\s*\{\s*"improvement"\s*:\s*"((?:[^"\\]|\\.){0,300})/.exec(answerIn(reply))?.[1] ?? '';
  const sentences = /^[\s\S]*[.!?](?=\s|$)/.exec(reason)?.[0] ?? reason;
  return `{"improvement": ${JSON.stringify(unescaped(sentences).trim())}, "prompt": "`;
}

const unescaped = (text: string): string =>
  text.replace(/\\(?:u([0-9a-f]{4})|([\s\S])|$)/gi, (_, code?: string, character?: string) =>
    code
      ? String.fromCharCode(parseInt(code, 16))
      : character === 'n'
        ? '\n'
        : character === 't'
          ? '\t'
          : (character ?? ''),
  );

/**
 * The prompt of a reply in plain text, or in JSON though it was not asked for; `null` for a refusal, and for a reply
 * without words.
 * @param request what was to be reworded, so that an answer to it is told from a prompt
 */
export function readPlainProposal(reply: string, request?: string): Proposal | null {
  const prompt = rewritingIn(reply, { ...(request !== undefined && { original: request }) });
  return prompt === null ? readJsonProposal(reply) : { prompt };
}
