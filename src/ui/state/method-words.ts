/** @file Plain words for the terms on a method card. Pure. */
import type { DefenseEvent } from '../../core/defense-event.ts';
import {
  rolesNeeded,
  stageTitles,
  type Access,
  type MethodCard,
  type ModelRole,
  type Stage,
} from '../../core/method.ts';
import type { Option } from '../../core/options.ts';
import type { Plan } from '../../lab/plan/plan.ts';
import type { TargetOrRole } from '../../lab/plan/find-models.ts';
import type { Usage, UsageByRole } from '../../lab/records/usage.ts';
import { count, list, words } from '../format.ts';
import type { MethodKind } from '../links/routes.ts';

export const kindTitles: Readonly<Record<MethodKind, string>> = {
  attack: 'Attacks',
  defense: 'Defenses',
  evaluator: 'Evaluators',
};

export const accessShort: Readonly<Record<Access, string>> = {
  'black-box': 'Text only',
  'grey-box': 'Probabilities',
  'white-box': 'Gradients',
};

/** What a method does with the model under attack. */
export const accessSentences: Readonly<Record<Access, string>> = {
  'black-box': 'Black box: it sends text and reads answers, as anyone who may talk to the model can.',
  'grey-box': 'Grey box: it also reads how probable tokens are.',
  'white-box': 'White box: it also looks inside, at gradients or hidden states, so it needs the weights.',
};

export const roleWords: Readonly<Record<ModelRole, string>> = {
  expert: 'a copy of the model that was trained for safety',
  judge: 'rates or judges texts',
  attacker: 'writes prompts',
  translator: /* @wc-include */ 'translates',
  paraphraser: 'puts texts in other words',
  corrector: 'edits answers',
  scorer: 'a second model whose probabilities are read',
  'prompt-guard': 'sorts prompts into harmless and harmful',
  'answer-guard': 'sorts answers into harmless and harmful',
};

/** Of the model under attack, and of those besides it, as labels name them. */
export const roleTitles: Readonly<Record<TargetOrRole, string>> = {
  target: 'model under attack',
  expert: /* @wc-include */ 'expert',
  judge: /* @wc-include */ 'judge',
  attacker: /* @wc-include */ 'attacker',
  translator: /* @wc-include */ 'translator',
  paraphraser: /* @wc-include */ 'paraphraser',
  corrector: /* @wc-include */ 'corrector',
  scorer: /* @wc-include */ 'scorer',
  'prompt-guard': 'prompt guard',
  'answer-guard': 'answer guard',
};

/** What a trial spent, by the title of the model's role. */
export const usageByTitle = (usage: UsageByRole): readonly (readonly [title: string, spent: Usage])[] =>
  Object.entries(usage).map(([role, spent]) => [roleTitles[role as TargetOrRole], spent]);

export interface RoleNeed {
  readonly role: ModelRole;
  /** The option values that call for it, in words; `null` when it is always needed. */
  readonly when: string | null;
}

/** Every role that a method may need, those that it always needs first. */
export function roleNeeds({ needs, needsWhen = {}, options }: MethodCard): readonly RoleNeed[] {
  const always = needs.map((role): RoleNeed => ({ role, when: null }));
  const further = Object.entries(needsWhen).flatMap(([option, byValue]) => {
    const roles = [...new Set(Object.values(byValue).flat())];
    return roles.map((role): RoleNeed => {
      const values = Object.keys(byValue).filter((value) => byValue[value]?.includes(role));
      const isDefault = values.includes(String(options[option]?.default));
      return {
        role,
        when: `when ${words(option)} is ${values.join(/* @wc-include */ ' or ')}${isDefault ? ', as it is unless changed' : ''}`,
      };
    });
  });
  return [...always, ...further];
}

/** Roles that only some option values call for, none of them the defaults. */
export const furtherRoles = (card: MethodCard): readonly ModelRole[] => {
  const usual = rolesNeeded(card);
  return [...new Set(roleNeeds(card).map(({ role }) => role))].filter((role) => !usual.includes(role));
};

/** The values that an option takes, with their unit. */
export function rangeOf(option: Option): string {
  switch (option.type) {
    case 'integer':
    case 'number':
      return `${count(option.min)} to ${count(option.max)}${option.unit ? ` ${option.unit}` : ''}`;
    case 'boolean':
      return 'true or false';
    case 'choice':
      return option.choices.map(valueText).join(', ');
    case 'text':
      return `text of at most ${option.maxLength} characters`;
    default:
      return option satisfies never;
  }
}

/** A value as it is written, an empty text so that it can be seen. */
export const valueText = (value: unknown): string =>
  value === '' ? /* @wc-include */ '(empty)' : String(value);

/** The options that a plan sets for an attack, or for a defense that stands alone: `Steps 20 and Own false`. */
export function chosenOptions(
  { attacks, defenses }: Pick<Plan, 'attacks' | 'defenses'>,
  kind: 'attack' | 'defense',
  id: string,
): string {
  const alone = defenses.flatMap(({ stack }) => (stack.length === 1 ? stack : []));
  const chosen = (kind === 'attack' ? attacks : alone).find((method) => method.id === id);
  return list(
    Object.entries(chosen?.options ?? {}).map(([option, value]) => `${words(option)} ${valueText(value)}`),
  );
}

/** Prose cut at its backticks: every second piece is code. */
export const prosePieces = (text: string): readonly string[] => text.split('`');

/** Whether every word of a text occurs in what a card says. */
export function says(
  { id, title, summary, paper, needs }: Pick<MethodCard, 'id' | 'title' | 'summary' | 'paper' | 'needs'>,
  text: string,
): boolean {
  const said = [
    id,
    title,
    summary,
    paper.title,
    paper.arxiv ?? '',
    ...needs,
    ...needs.map((role) => roleTitles[role]),
  ]
    .join(' ')
    .toLowerCase();
  return text
    .toLowerCase()
    .split(/\s+/)
    .every((word) => said.includes(word));
}

/** What a defense did to a request. */
export const actionWords: Readonly<Record<DefenseEvent['action'], string>> = {
  passed: /* @wc-include */ 'passed',
  edited: /* @wc-include */ 'edited',
  blocked: /* @wc-include */ 'blocked',
  resampled: /* @wc-include */ 'resampled',
  steered: /* @wc-include */ 'steered',
};

/** The stage at which a defense acts, in words, with its name in the taxonomy. */
export const stageLabels: Readonly<Record<Stage, string>> = {
  input: `On the request (${stageTitles.input})`,
  decoding: `During decoding (${stageTitles.decoding})`,
  output: `On the answer (${stageTitles.output})`,
  training: stageTitles.training,
};
