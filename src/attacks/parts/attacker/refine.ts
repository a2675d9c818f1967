/**
 * @file An attacker model writes a prompt, sees the answer and its score, and writes a better prompt: the loop that
 * PAIR runs in streams and TAP in a tree.
 */
import type { Behavior } from '../../../core/behavior.ts';
import { fillSlots } from '../../../core/slots.ts';
import { templateOf, type Templates } from '../../../core/templates.ts';
import type { LanguageModel } from '../../../models/language-model.ts';
import texts from '../../templates/refine.json' with { type: 'json' };
import type { RatedAnswer } from '../success/rated-answer.ts';
import { verdictByWords } from '../success/verdict.ts';
import { targetOf } from '../target.ts';
import {
  propose,
  startDialogue,
  type Dialogue,
  type ProposeContext,
  type ProposalOutcome,
  type ProposeOptions,
} from './propose.ts';

/** To be spread among the templates of a method that refines prompts. */
export const refineTexts: Templates = texts;

/** Ways of persuasion, by the names of their templates. */
const strategies = ['role-play', 'reasoning', 'authority'] as const;
export type Strategy = (typeof strategies)[number];

/** The strategies in turn. */
export const strategyOf = (index: number): Strategy => strategies[index % strategies.length]!;

/** One line of refinement: the dialogue with the attacker, and the answer to its last prompt. */
export interface Thread {
  readonly strategy: Strategy;
  readonly dialogue: Dialogue;
  readonly last: RatedAnswer | null;
  /** Number of prompts that the attacker was asked for so far. */
  readonly round: number;
}

export const startThread = (strategy: Strategy, options: ProposeOptions): Thread => ({
  strategy,
  dialogue: startDialogue(options),
  last: null,
  round: 0,
});

export interface Refinement extends Pick<ProposalOutcome, 'proposal' | 'unreadable'> {
  readonly thread: Thread;
}

export interface RefineContext extends ProposeContext {
  readonly behavior: Behavior;
  readonly templates: Templates;
}

/** Ask the attacker for the next prompt of a thread. The caller stores the answer to it in the thread's `last`. */
export async function refine(
  attacker: LanguageModel,
  thread: Thread,
  context: RefineContext,
): Promise<Refinement> {
  const { behavior, templates } = context;
  const slots = {
    goal: behavior.prompt,
    target: targetOf(behavior),
    response: thread.last?.response ?? '',
    score: String(thread.last?.score ?? 'unknown'),
  };
  const filled = (name: string) => fillSlots(templateOf(templates, name), slots);
  const briefing = {
    system: filled(thread.strategy),
    turn: filled(thread.last === null ? 'first' : 'feedback'),
    plain: plainInstruction(thread, behavior, templates),
  };
  const { dialogue, ...outcome } = await propose(attacker, thread.dialogue, briefing, context);
  return { ...outcome, thread: { ...thread, dialogue, round: thread.round + 1 } };
}

/** An instruction that varies with strategy and round; it rewrites the last prompt if that made progress, else the request. */
function plainInstruction(
  { strategy, last, round }: Thread,
  behavior: Behavior,
  templates: Templates,
): string {
  const instructions = templates['plain']!;
  const turn = strategies.indexOf(strategy) + strategies.length * round;
  const text = last !== null && madeProgress(last) ? last.prompt : behavior.prompt;
  return fillSlots(instructions[turn % instructions.length]!, { text });
}

const madeProgress = ({ response, score }: RatedAnswer): boolean =>
  score === null ? verdictByWords(response) === 'answered' : score > 1;
