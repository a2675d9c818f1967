/** @file The prompt texts of a method: data that a user can replace, kept apart from the code that uses it. */
import type { Random } from './random.ts';

/** Texts with `{slots}` by name; a name with several texts offers a choice. */
export type Templates = Readonly<Record<string, readonly string[]>>;

/** The text called `name`; of several, one drawn at random. @throws Error for a name without texts */
export function templateOf(templates: Templates, name: string, random?: Random): string {
  const texts = templates[name];
  if (texts === undefined || texts.length === 0) throw new Error(`There is no template "${name}".`);
  return random === undefined || texts.length === 1 ? texts[0]! : random.pick(texts);
}
