/** @file One try of AutoDAN-Turbo: a prompt by the attacker on some advice, its answer, and its score. */
import type { Behavior } from '../../core/behavior.ts';
import type { Random } from '../../core/random.ts';
import type { LanguageModel } from '../../models/language-model.ts';
import { conversation, type AttackContext, type AttackStep } from '../attack.ts';
import { askAndRate, type RatedAnswer, type RatingContext } from '../parts/success/rated-answer.ts';
import { writePrompt, type Agents } from './agents.ts';
import type { Advice } from './library.ts';

/** A behavior in one of the stages, with the models that work on it. */
export interface Stage {
  readonly agents: Agents;
  readonly rating: RatingContext;
  readonly options: {
    /** Most prompts. */
    readonly rounds: number;
    /** Most strategies that are retrieved at a time. */
    readonly retrieved: number;
    /** Score that ends the work on the behavior. */
    readonly breakScore: number;
  };
}

export const stageFor = (
  behavior: Behavior,
  model: LanguageModel,
  options: Stage['options'] & Agents['options'] & RatingContext['options'],
  { role, templates, signal }: Pick<AttackContext, 'role' | 'templates' | 'signal'>,
): Stage => ({
  agents: { attacker: role('attacker'), templates, options, signal },
  rating: { model, judge: role('judge'), behavior, options, templates, signal },
  options,
});

export interface Try extends RatedAnswer {
  /** True if the attacker wrote no prompt, so that the request itself was sent. */
  readonly unreadable: boolean;
}

export const noAdvice: Advice = { kind: 'none', strategies: [] };

/** Before the first prompt: the request itself, as if it had been declined. */
export const startOf = ({ prompt }: Behavior): RatedAnswer => ({
  prompt,
  response: 'Sorry, I cannot help you with that.',
  score: 1,
});

export const isEnough = ({ score }: RatedAnswer, { options }: Stage): boolean =>
  score !== null && score >= options.breakScore;

export async function attempt(
  { agents, rating }: Stage,
  advice: Advice,
  round: number,
  random: Random,
): Promise<Try> {
  const { behavior } = rating;
  const written = await writePrompt(agents, behavior.prompt, advice, round, random);
  const prompt = written ?? behavior.prompt;
  const answer = await askAndRate(rating, prompt, conversation(behavior, prompt));
  return { ...answer, unreadable: written === null };
}

export const stepOf = (
  step: number,
  { prompt, score, response, unreadable }: Try,
  { kind, strategies }: Advice,
  detail: Readonly<Record<string, unknown>>,
): AttackStep => ({
  step,
  candidate: prompt,
  detail: {
    ...detail,
    advice: kind,
    strategies: strategies.map(({ name }) => name),
    score,
    response,
    unreadable,
  },
});
