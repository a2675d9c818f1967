/** @file Reads what an attacker model proposes: a JSON object as asked for, or the bare text of a new prompt. */
import { isRefusal } from '../../../core/refusal.ts';

export interface Proposal {
  readonly prompt: string;
  /** What the attacker says it changed. */
  readonly improvement?: string;
}

/**
 * The first JSON object in a reply, whatever stands around it; `null` when there is none.
 * Forgives line breaks within strings, trailing commas, Python's quotes and constants, and a missing last brace. A
 * text that breaks off within a string is not mended: half a prompt is no prompt.
 */
export function firstObject(reply: string): Readonly<Record<string, unknown>> | null {
  for (let at = reply.indexOf('{'); at >= 0; at = reply.indexOf('{', at + 1)) {
    const json = mendedObject(reply, at);
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

/** The balanced `{…}` that starts at `start`, as strict JSON as it can be made. */
function mendedObject(text: string, start: number): string | null {
  let mended = '';
  const open: string[] = [];
  for (let i = start; i < text.length; i++) {
    const character = text[i]!;
    if (character === '"' || (character === "'" && /[{[:,]\s*$/.test(mended))) {
      const end = endOfString(text, i);
      if (end === null) return null;
      mended += strictString(text.slice(i + 1, end), character);
      i = end;
    } else if (character === '{' || character === '[') {
      open.push(character === '{' ? '}' : ']');
      mended += character;
    } else if (character === '}' || character === ']') {
      if (open.pop() !== character) return null;
      mended = mended.replace(/,\s*$/, '') + character;
      if (open.length === 0) return outsideStrings(mended);
    } else mended += character;
  }
  return outsideStrings(mended.replace(/,?\s*$/, '') + open.toReversed().join(''));
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

/** The inside of a string as a JSON string. */
function strictString(inside: string, quote: string): string {
  const plain = inside.replaceAll("\\'", "'");
  const written = quote === '"' ? plain : plain.replace(/(?<!\\)"/g, '\\"');
  const escapes: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };
  return `"${written.replace(/[\n\r\t]/g, (control) => escapes[control]!)}"`;
}

/** Python's constants as JSON's, leaving strings alone. */
const outsideStrings = (json: string): string =>
  json.replace(/"(?:\\.|[^"\\])*"|\b(?:True|False|None)\b/g, (found) =>
    found.startsWith('"') ? found : { True: 'true', False: 'false', None: 'null' }[found]!,
  );

/** A proposal as `{"improvement": …, "prompt": …}`; `null` unless the prompt is a text that says something. */
export function readJsonProposal(reply: string): Proposal | null {
  const { prompt, improvement } = firstObject(reply) ?? {};
  if (typeof prompt !== 'string' || prompt.trim() === '') return null;
  return { prompt: prompt.trim(), ...(typeof improvement === 'string' && { improvement }) };
}

/** Within so many characters an attacker that will not play along has said so. */
const refusalHead = 60;

/** A proposal that is the reply itself; `null` for a refusal, for no words, and for broken JSON. */
export function readPlainProposal(reply: string): Proposal | null {
  const said = reply
    .replace(/^\s*```\w*\n([\s\S]*?)\n?```\s*$/, '$1')
    .replace(/^\s*(?:new |rewritten )?(?:prompt|request|question)\s*:\s*/i, '')
    .trim();
  const prompt = (/^["“'‘]([\s\S]+)["”'’]$/.exec(said)?.[1] ?? said).trim();
  const usable = /\p{L}/u.test(prompt) && !/^[{[]/.test(prompt);
  return usable && !isRefusal(prompt, { headCharacters: refusalHead }) ? { prompt } : null;
}

/** The last `[[yes]]` or `[[no]]` of a reply, else its first word if that is yes or no; `null` when neither. */
export function readYesNo(reply: string): boolean | null {
  const bracketed = [...reply.matchAll(/\[\[\s*(yes|no)\s*\]\]/gi)].at(-1);
  const word = (bracketed ?? /^[^\p{L}\p{N}]*(yes|no)(?![\p{L}\p{N}'’])/iu.exec(reply))?.[1];
  return word === undefined ? null : word.toLowerCase() === 'yes';
}
