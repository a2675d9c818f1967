/** @file Prompt texts that a method works with: data that a user can replace, apart from the code that uses it. */
import type { Random } from './random.ts';

/** Texts with `{slots}` by name; a name with several texts is a choice among them. */
export type Templates = Readonly<Record<string, readonly string[]>>;

/** The one text called `name`, or a drawn one when there are several. @throws Error for a name without texts */
export function templateOf(templates: Templates, name: string, random?: Random): string {
  const texts = templates[name];
  if (texts === undefined || texts.length === 0) throw new Error(`There is no template "${name}".`);
  return random === undefined || texts.length === 1 ? texts[0]! : random.pick(texts);
}
