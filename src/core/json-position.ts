/** @file Finds where a text stops being JSON, because not every engine says so in its error. */

const blank = /[ \t\n\r]*/y;
/** What ends a run of plain characters in a string. */
const special = /["\\]|[^\P{Cc}\x7f-\x9f]/gu;
const escape = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;
const scalar = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;

/** Offset of the first string, word or sign that JSON does not allow where it stands; the length of `text` if there is none. */
export function brokenAt(text: string): number {
  /** The bracket that closes each open object or array, innermost last. */
  const closing: string[] = [];
  let next: 'value' | 'key' | 'colon' | 'end' = 'value';
  /** Just after an opening bracket, where the closing one may follow at once. */
  let opened = false;
  let at = 0;
  const skip = (pattern: RegExp): boolean => {
    pattern.lastIndex = at;
    const found = pattern.test(text);
    if (found) at = pattern.lastIndex;
    return found;
  };
  /** Walks from one special character to the next: one expression for all of it would take forever on a torn string. */
  const skipString = (): boolean => {
    if (text[at] !== '"') return false;
    for (let next = at + 1; ; next = escape.lastIndex) {
      special.lastIndex = next;
      const end = special.exec(text)?.index;
      if (end !== undefined && text[end] === '"') {
        at = end + 1;
        return true;
      }
      escape.lastIndex = end ?? text.length;
      if (!escape.test(text)) return false;
    }
  };
  const take = (character: string): boolean => {
    if (text[at] !== character) return false;
    at++;
    return true;
  };
  for (;;) {
    skip(blank);
    const close = closing.at(-1);
    if (at === text.length) return at;
    if (close !== undefined && (next === 'end' || opened) && take(close)) {
      closing.pop();
      next = 'end';
      opened = false;
    } else if (next === 'end') {
      if (close === undefined || !take(',')) return at;
      next = close === '}' ? 'key' : 'value';
    } else if (next === 'colon') {
      if (!take(':')) return at;
      next = 'value';
    } else if (next === 'key') {
      if (!skipString()) return at;
      next = 'colon';
      opened = false;
    } else if (take('{')) {
      closing.push('}');
      next = 'key';
      opened = true;
    } else if (take('[')) {
      closing.push(']');
      opened = true;
    } else {
      if (!skipString() && !skip(scalar)) return at;
      next = 'end';
      opened = false;
    }
  }
}

/** Line and column of an offset, both from 1. */
export function positionOf(text: string, offset: number): { readonly line: number; readonly column: number } {
  const before = text.slice(0, offset);
  return { line: before.split('\n').length, column: offset - before.lastIndexOf('\n') };
}
