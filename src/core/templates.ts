/** @file The prompt texts of a method: data that a user can replace, kept apart from the code that uses it. */
import { fingerprint } from './hash.ts';
import type { Random } from './random.ts';

/** Texts with `{slots}` by name; a name with several texts offers a choice. */
export type Templates = Readonly<Record<string, readonly string[]>>;

/**
 * The packs of texts that ship. `compact`: a sentence or two, for models with some million parameters and 512 tokens.
 * `full`: of the length, structure and number of examples that the paper has, for models that can read.
 */
export const packNames = ['compact', 'full'] as const;
export type PackName = (typeof packNames)[number];

/** The texts of a method in both packs, under the same names and with the same slots. */
export type TemplatePacks = Readonly<Record<PackName, Templates>>;

/** Language of the packs that ship, as a BCP 47 tag. */
export const packLanguage = 'en';

type Named<Name extends string> = Readonly<Record<Name, readonly string[]>>;

export const templatePacks = <Name extends string>(
  compact: Named<Name>,
  full: Named<NoInfer<Name>>,
): TemplatePacks => ({ compact, full });

/** For texts that every model can read. */
export const inBothPacks = (texts: Templates): TemplatePacks => ({ compact: texts, full: texts });

/** The texts of several packs together; of two with the same name, the later. */
export const joinedPacks = (...packs: readonly TemplatePacks[]): TemplatePacks => ({
  compact: Object.assign({}, ...packs.map(({ compact }) => compact)) as Templates,
  full: Object.assign({}, ...packs.map(({ full }) => full)) as Templates,
});

/** The texts of one name, in each pack. */
export const onlyTexts = ({ compact, full }: TemplatePacks, name: string): TemplatePacks => ({
  compact: { [name]: compact[name] ?? [] },
  full: { [name]: full[name] ?? [] },
});

/** Names the texts by their content, whatever the order of their names. */
export const templatesHash = (templates: Templates): string =>
  fingerprint(JSON.stringify(Object.entries(templates).toSorted(([a], [b]) => (a < b ? -1 : 1))));

/** The text called `name`; of several, one drawn at random. @throws Error for a name without texts */
export function templateOf(templates: Templates, name: string, random?: Random): string {
  const texts = templates[name];
  if (texts === undefined || texts.length === 0) throw new Error(`There is no template "${name}".`);
  return random === undefined || texts.length === 1 ? texts[0]! : random.pick(texts);
}
