/** @file The card of a plug-in, as plain data: shown in the lab and printed by `list --json`. */
import { LabError } from './errors.ts';
import { excerpt } from './excerpt.ts';
import type { OptionsSpec } from './options.ts';
import type { TemplatePacks } from './templates.ts';

/** Tiers of access to a model; each includes the one before. */
export const accessTiers = ['black-box', 'grey-box', 'white-box'] as const;
export type Access = (typeof accessTiers)[number];
/** True if a model of tier `offered` suffices for a method that needs tier `needed`. */
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

/** The stage at which a defense acts; the UI shows the first three by their names in the AISafetyLab report. */
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
/** Roles for text classifiers. */
export const classifierRoles = ['prompt-guard', 'answer-guard'] as const;
export type ClassifierRole = (typeof classifierRoles)[number];
export const isClassifierRole = (role: ModelRole): role is ClassifierRole =>
  classifierRoles.some((name) => name === role);
export type ModelRole = LanguageRole | ClassifierRole;

export interface MethodCard {
  readonly id: string;
  readonly title: string;
  readonly paper: Paper;
  /** One sentence on what the method does. */
  readonly summary: string;
  /** Differences from the paper, in full sentences; absent when there are none. */
  readonly differs?: string;
  /** Lowest tier of access to the target model with which it runs. */
  readonly access: Access;
  /** Roles that the plan must fill before the method can run. */
  readonly needs: readonly ModelRole[];
  /** Further roles that a choice calls for. */
  readonly needsWhen?: RolesByChoice;
  /** Roles whose models it makes use of where the plan fills them. It runs without them too. */
  readonly takes?: readonly ModelRole[];
  /** Roles whose models a choice makes use of where the plan fills them. It runs without them too. */
  readonly takesWhen?: RolesByChoice;
  /** Roles to whose models it needs white-box access. */
  readonly whiteBoxRoles?: readonly LanguageRole[];
  readonly options: OptionsSpec;
  /** The method's prompt texts by name, in both packs; a user's pack may replace those of attacks in each. */
  readonly templates?: TemplatePacks;
}

/**
 * Options and roles of a method as its definition states them. Its type keeps them, so that code that names the method
 * itself is told which values it takes.
 */
export interface Stated<
  S extends OptionsSpec,
  N extends readonly ModelRole[],
  W extends RolesByChoice,
  T extends RolesByChoice,
> {
  readonly options: S;
  readonly needs: N;
  readonly needsWhen?: W;
  readonly takesWhen?: T;
}

/** Roles by option, and by the option's value as text. */
export type RolesByChoice = Readonly<Record<string, Readonly<Record<string, readonly ModelRole[]>>>>;
/** For a method none of whose choices calls for a model. */
export type NoRoles = Readonly<Record<never, never>>;

type Values = Readonly<Record<string, unknown>>;

const rolesOf = (
  when: MethodCard['needsWhen'] = {},
  options: OptionsSpec,
  values: Values,
): readonly ModelRole[] =>
  Object.entries(when).flatMap(([option, byValue]) => {
    const value = String(values[option] ?? options[option]?.default);
    return Object.hasOwn(byValue, value) ? byValue[value]! : [];
  });

/** Every role that the plan must fill when the method runs with `values`; options left out take their defaults. */
export const rolesNeeded = (
  { needs, needsWhen, options }: Pick<MethodCard, 'needs' | 'needsWhen' | 'options'>,
  values: Values = {},
): readonly ModelRole[] => [...needs, ...rolesOf(needsWhen, options, values)];

/** Every role that the plan may leave open, and whose model the method uses if there is one. */
export const rolesTaken = (
  { takes = [], takesWhen, options }: Pick<MethodCard, 'takes' | 'takesWhen' | 'options'>,
  values: Values = {},
): readonly ModelRole[] => [...takes, ...rolesOf(takesWhen, options, values)];

/** An explicit, ordered list of plug-ins with look-up by id. */
export interface Registry<T extends { readonly id: string }> {
  readonly all: readonly T[];
  /** @throws LabError 'unknown-method', which lists the known ids */
  get(id: string): T;
  has(id: string): boolean;
}

/** @throws Error on a duplicate id, so at import */
export function registry<T extends { readonly id: string }>(kind: string, all: readonly T[]): Registry<T> {
  const byId = new Map(all.map((plugin) => [plugin.id, plugin]));
  if (byId.size !== all.length) throw new Error(`Two plug-ins of kind "${kind}" share an id.`);
  return {
    all,
    has: (id) => byId.has(id),
    get: (id) => {
      const plugin = byId.get(id);
      if (plugin) return plugin;
      throw new LabError('unknown-method', `There is no ${kind} "${excerpt(id)}".`, {
        advice: `Known: ${[...byId.keys()].join(', ')}.`,
      });
    },
  };
}
