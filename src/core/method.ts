/** @file What every plug-in says about itself, as plain data: shown in the lab, printed by `list --json`. */
import { LabError } from './errors.ts';
import type { OptionsSpec } from './options.ts';
import type { Templates } from './templates.ts';

/** Tiers of access to a model; each includes the one before. */
export const accessTiers = ['black-box', 'grey-box', 'white-box'] as const;
export type Access = (typeof accessTiers)[number];
/** Whether a model of tier `offered` suffices for a method that needs `needed`. */
export const grants = (offered: Access, needed: Access): boolean =>
  accessTiers.indexOf(offered) >= accessTiers.indexOf(needed);

export interface Paper {
  readonly title: string;
  readonly url: string;
  /** arXiv identifier, when there is one. */
  readonly arxiv?: string;
}
export const arxiv = (id: string, title: string): Paper => ({
  arxiv: id,
  title,
  url: `https://arxiv.org/abs/${id}`,
});

/** The stage at which a defense acts; the first three keep the names of the AISafetyLab report in the UI. */
export type Stage = 'input' | 'decoding' | 'output' | 'training';
export const stageTitles: Readonly<Record<Stage, string>> = {
  input: 'Preprocess',
  decoding: 'Intraprocess',
  output: 'Postprocess',
  training: 'Training time',
};

/** A model besides the target that a method consults; the plan assigns one to each. */
export const languageRoles = [
  'expert',
  'judge',
  'attacker',
  'translator',
  'paraphraser',
  'corrector',
  'scorer',
] as const;
export type LanguageRole = (typeof languageRoles)[number];
/** Roles that a text classifier plays. */
export const classifierRoles = ['prompt-guard', 'answer-guard'] as const;
export type ClassifierRole = (typeof classifierRoles)[number];
export type ModelRole = LanguageRole | ClassifierRole;

export interface MethodCard {
  readonly id: string;
  readonly title: string;
  readonly paper: Paper;
  /** One sentence for the card: what it does. */
  readonly summary: string;
  /** Where it departs from the paper, in sentences that begin with a capital; absent when it does not. */
  readonly differs?: string;
  /** Lowest tier of access to the target model that it runs with. */
  readonly access: Access;
  /** Roles that the plan must fill before the method can run. */
  readonly needs: readonly ModelRole[];
  /** Further roles, by option and by its value as text: those that this choice calls for. */
  readonly needsWhen?: Readonly<Record<string, Readonly<Record<string, readonly ModelRole[]>>>>;
  /** Roles to whose models it needs white-box access. */
  readonly whiteBoxRoles?: readonly LanguageRole[];
  readonly options: OptionsSpec;
  /** The prompt texts it works with, by name; a template pack may replace them. */
  readonly templates?: Templates;
}

/** Every role that the plan must fill when `method` runs with `values`; options left out have their defaults. */
export const rolesNeeded = (
  { needs, needsWhen = {}, options }: Pick<MethodCard, 'needs' | 'needsWhen' | 'options'>,
  values: Readonly<Record<string, unknown>> = {},
): readonly ModelRole[] => [
  ...needs,
  ...Object.entries(needsWhen).flatMap(
    ([option, byValue]) => byValue[String(values[option] ?? options[option]?.default)] ?? [],
  ),
];

/** An explicit, ordered list of plug-ins with look-up by id. @throws Error at import on a duplicate id. */
export interface Registry<T extends { readonly id: string }> {
  readonly all: readonly T[];
  /** @throws LabError 'unknown-method' that lists the known ids. */
  get(id: string): T;
  has(id: string): boolean;
}

export function registry<T extends { readonly id: string }>(kind: string, all: readonly T[]): Registry<T> {
  const byId = new Map(all.map((plugin) => [plugin.id, plugin]));
  if (byId.size !== all.length) throw new Error(`Two plug-ins of kind "${kind}" share an id.`);
  return {
    all,
    has: (id) => byId.has(id),
    get: (id) => {
      const plugin = byId.get(id);
      if (plugin) return plugin;
      throw new LabError('unknown-method', `There is no ${kind} "${id}".`, {
        advice: `Known: ${[...byId.keys()].join(', ')}.`,
      });
    },
  };
}
