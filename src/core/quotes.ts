/** @file Texts of others within a question to a model: quoted so that they can neither end the quote nor pass for a verdict. */
import { answerIn } from './thoughts.ts';

/** `content` between two lines of `=` that are longer than any run of `=` in it, so that it cannot end the quote. */
export function fence(content: string): string {
  const longest = Math.max(3, ...Array.from(content.matchAll(/=+/g), ([run]) => run.length));
  const line = '='.repeat(longest + 1);
  return `${line}\n${content}\n${line}`;
}

/**
 * Breaks up what a judge could echo from a text as if it came from itself: double brackets around a verdict, tags of
 * thoughts, and control tokens.
 */
export const disarmed = (text: string): string =>
  text.replace(/\[(?=\[)/g, '[ ').replace(/<(?=\||\/?\w*think)/gi, '< ');

/** From this length on, a repetition of a text within a reply is no coincidence. */
const longText = 40;

const fenced = /^(={4,})[^\S\n]*\n[\s\S]*?\n\1[^\S\n]*$/gm;
/** A quote that the end of the reply cut off. */
const openFence = /^={4,}[^\S\n]*\n[\s\S]*$/m;
const quoteLine = /^[^\S\n]*>.*$/gm;
const codeBlock = /```\w*\n([\s\S]*?)\n?```/g;
const quotation = /"([^"\n]+)"|“([^”\n]+)”/g;

/**
 * What a model says itself in a reply to a question that showed it texts of others: without thoughts, fenced quotes,
 * Markdown quotes, quotations of those texts, and repetitions of a whole one. A short text counts as repeated only where
 * the reply opens with it as a line of its own, since a verdict may well be a word that the text has too.
 */
export function withoutQuotes(reply: string, shown: readonly string[]): string {
  const texts = shown
    .flatMap((text) => [text.trim(), disarmed(text).trim()])
    .filter((text) => text !== '')
    .toSorted((a, b) => b.length - a.length);
  const isShown = (part: string) => texts.some((text) => text.includes(part.trim()));
  let own = reply;
  for (const text of texts.filter(({ length }) => length >= longText)) own = own.replaceAll(text, '');
  own = answerIn(own)
    .replace(fenced, '')
    .replace(openFence, '')
    .replace(quoteLine, '')
    .replace(codeBlock, (block, content: string) => (isShown(content) ? '' : block))
    .replace(quotation, (marked, straight?: string, curly?: string) =>
      isShown(straight ?? curly ?? '') ? '' : marked,
    )
    .trim();
  for (const text of texts)
    if (own === text || own.startsWith(`${text}\n`)) own = own.slice(text.length).trim();
  return own;
}
