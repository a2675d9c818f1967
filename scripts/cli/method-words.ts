/**
 * @file How methods and their options are written on the command line: `id`, `id:key=value,key=value`, or
 * `id:{"key":value}`. A value in quotes may hold anything; without quotes a backslash stands before a comma, a plus or
 * a backslash that belongs to the value.
 */
import { excerpt } from '../../src/core/excerpt.ts';
import { badUsage } from './failure.ts';

/** A value as it was written; JSON gives values that are no text. */
export type OptionWords = Readonly<Record<string, unknown>>;

export interface MethodWords {
  readonly id: string;
  readonly options: OptionWords;
}

const howToQuote =
  'Put a value with commas or pluses in quotes, as in --defense \'rose:safePrompt="Be kind, be brief."\'.';

/** A method; nothing else may follow. @throws CommandError 2 */
export function readMethodWords(text: string): MethodWords {
  const { method, rest } = firstMethod(text, false);
  if (rest !== null) throw badUsage(`"${excerpt(rest)}" is not part of a method.`, howToQuote);
  return method;
}

/** Methods joined by `+`. @throws CommandError 2 */
export function readStackWords(text: string): readonly MethodWords[] {
  const methods: MethodWords[] = [];
  for (let left: string | null = text; left !== null;) {
    const { method, rest } = firstMethod(left, true);
    methods.push(method);
    left = rest;
  }
  return methods;
}

/** Split `key=value`; the value is everything after the first `=`. @throws CommandError 2 */
export function readPair(text: string): readonly [key: string, value: string] {
  const at = text.indexOf('=');
  if (at < 1) throw badUsage(`"${excerpt(text)}" is not of the form key=value.`);
  return [text.slice(0, at), text.slice(at + 1)];
}

interface Found {
  readonly method: MethodWords;
  /** What stands behind a `+`; `null` at the end. */
  readonly rest: string | null;
}

/** @param inStack whether a `+` ends the method */
function firstMethod(text: string, inStack: boolean): Found {
  const [id = ''] = (inStack ? /^[^:+]*/ : /^[^:]*/).exec(text) ?? [];
  if (text[id.length] !== ':') return { method: { id, options: {} }, rest: after(text, id.length) };
  const start = id.length + 1;
  if (text[start] === '{') {
    const end = endOfObject(text, start);
    return { method: { id, options: readObject(text.slice(start, end)) }, rest: after(text, end) };
  }
  const options: (readonly [string, string])[] = [];
  for (let at = start; ;) {
    const { value, end, key } = readOption(text, at, inStack);
    options.push([key, value]);
    if (text[end] !== ',')
      return { method: { id, options: Object.fromEntries(options) }, rest: after(text, end) };
    at = end + 1;
  }
}

/** What follows a method: nothing, or a `+` and more. */
function after(text: string, end: number): string | null {
  if (end === text.length) return null;
  return text[end] === '+' ? text.slice(end + 1) : text.slice(end);
}

/** @returns an option, and where it ends: at a comma, at a `+` of the stack, or at the end */
function readOption(text: string, from: number, inStack: boolean) {
  const equals = text.indexOf('=', from);
  const key = text.slice(from, equals);
  if (equals <= from || /[\s,+"']/.test(key))
    throw badUsage(`"${excerpt(text.slice(from))}" is not of the form key=value.`, howToQuote);
  const quote = text[equals + 1];
  if (quote === '"' || quote === "'") {
    const end = endOfQuotes(text, equals + 1, quote);
    if (end < text.length && text[end] !== ',' && !(inStack && text[end] === '+'))
      throw badUsage(
        `"${excerpt(text.slice(end))}" stands behind the quotes of ${excerpt(key)}.`,
        howToQuote,
      );
    return { key, value: text.slice(equals + 2, end - 1).replaceAll(/\\(["'\\])/g, '$1'), end };
  }
  let end = equals + 1;
  const isEnd = (character: string) => character === ',' || (inStack && character === '+');
  while (end < text.length && !isEnd(text[end]!)) end += text[end] === '\\' ? 2 : 1;
  end = Math.min(end, text.length);
  return { key, value: text.slice(equals + 1, end).replaceAll(/\\([,+\\])/g, '$1'), end };
}

/** @returns the place behind the closing quote */
function endOfQuotes(text: string, from: number, quote: string): number {
  for (let at = from + 1; at < text.length; at += text[at] === '\\' ? 2 : 1)
    if (text[at] === quote) return at + 1;
  throw badUsage(`"${excerpt(text.slice(from))}" has no closing quote.`);
}

/** @returns the place behind the brace that closes the object at `from` */
function endOfObject(text: string, from: number): number {
  let depth = 0;
  for (let at = from; at < text.length; at++) {
    if (text[at] === '"') at = endOfQuotes(text, at, '"') - 1;
    else if (text[at] === '{') depth++;
    else if (text[at] === '}' && --depth === 0) return at + 1;
  }
  throw badUsage(`"${excerpt(text.slice(from))}" has no closing brace.`);
}

function readObject(text: string): OptionWords {
  try {
    return JSON.parse(text) as OptionWords;
  } catch {
    throw badUsage(`${excerpt(text)} is not a JSON object.`, 'Write {"key":value}, with the keys in quotes.');
  }
}
