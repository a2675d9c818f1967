/** @file Text of users and of files, made safe and short enough for a message. */
import type { z } from 'zod';

/** What a terminal acts on, what changes the direction of text, and halves of a character. Line breaks are text. */
const unsafe = /[^\P{Cc}\n\t]|[\p{Cs}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu;

const escaped = (character: string) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;

/** The first `most` characters of `text`, its length if that cuts it; control characters are written as `\u001b`. */
export function excerpt(text: string, most = 100): string {
  if (text.length <= most) return text.replace(unsafe, escaped);
  const shown = text.slice(0, most).replace(/[\ud800-\udbff]$/, '');
  return `${shown.replace(unsafe, escaped)}… (${text.length} characters)`;
}

/** The texts of the first of `items`, at most 20 and about 900 characters, and how many more there are. */
export function firstOf<T>(items: readonly T[], textOf: (item: T) => string): readonly string[] {
  const shown: string[] = [];
  let characters = 0;
  for (const item of items.slice(0, 20)) {
    if (characters > 800) break;
    const text = excerpt(textOf(item), 400);
    shown.push(text);
    characters += text.length;
  }
  const more = items.length - shown.length;
  return more === 0 ? shown : [...shown, `and ${more} more`];
}

/** A path in a file as messages name it: `behaviors.0.id`. @param root names the file itself */
export const pathText = (path: readonly PropertyKey[], root: string): string =>
  excerpt(path.map(String).join('.')) || root;

/** What a schema found wrong, one text per issue, as `firstOf`. @param root as for `pathText` */
export const issueTexts = (issues: readonly z.core.$ZodIssue[], root: string): readonly string[] =>
  firstOf(
    issues.flatMap(closest),
    ({ path, message }) => `${pathText(path, root)}: ${excerpt(plain(message), 200)}`,
  );

/** A field that is not there is missing, whatever it is to the engine. */
const plain = (message: string): string =>
  message.replace(/^Invalid input: expected (.*), received undefined$/s, 'It is missing; expected $1');

/** Of a value that fits none of several forms, the issues with the form that it comes closest to. */
function closest(issue: z.core.$ZodIssue): readonly z.core.$ZodIssue[] {
  if (issue.code !== 'invalid_union') return [issue];
  const depthOf = (issues: readonly z.core.$ZodIssue[]) => issues[0]?.path.length ?? 0;
  const [best = []] = issue.errors.toSorted((a, b) => depthOf(b) - depthOf(a));
  if (depthOf(best) === 0) return [issue];
  return best.slice(0, 100).map((inner) => ({ ...inner, path: [...issue.path, ...inner.path] }));
}
