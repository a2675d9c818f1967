/**
 * @file An attacker model writes a prompt, sees the answer and its score, and writes a better prompt: the loop that
 * PAIR runs in streams and TAP in a tree.
 */
import type { Behavior } from '../../../core/behavior.ts';
import { fillSlots } from '../../../core/slots.ts';
import { templatePacks, templateOf, type Templates } from '../../../core/templates.ts';
import compact from '../../templates/compact/refine.json' with { type: 'json' };
import full from '../../templates/full/refine.json' with { type: 'json' };
import type { RatedAnswer } from '../success/rated-answer.ts';
import { targetOf } from '../target.ts';
import type { Dialogue, ProposalOutcome, Proposer } from './propose.ts';

/** To be joined with the templates of a method that refines prompts, which give the system prompts. */
export const refineTexts = templatePacks(compact, full);

/** One line of refinement: the dialogue with the attacker, and the answer to its last prompt. */
export interface Thread {
  /** Name of the template with the attacker's system prompt. */
  readonly system: string;
  /** Number of the line, so that lines in plain text start with different instructions. */
  readonly line: number;
  readonly dialogue: Dialogue;
  readonly last: RatedAnswer | null;
  /** Number of prompts that the attacker was asked for so far. */
  readonly round: number;
}

export const startThread = (system: string, line: number): Thread => ({
  system,
  line,
  dialogue: [],
  last: null,
  round: 0,
});

export interface Refinement extends Omit<ProposalOutcome, 'dialogue'> {
  readonly thread: Thread;
}

export interface RefineContext {
  readonly behavior: Behavior;
  readonly templates: Templates;
  readonly random: Parameters<Proposer['propose']>[2]['random'];
  readonly signal: AbortSignal;
}

/** Ask the attacker for the next prompt of a thread. The caller stores the answer to it in the thread's `last`. */
export async function refine(
  proposer: Proposer,
  thread: Thread,
  { behavior, templates, random, signal }: RefineContext,
): Promise<Refinement> {
  const { last, line, round } = thread;
  const slots = {
    goal: behavior.prompt,
    target: targetOf(behavior),
    prompt: last?.prompt ?? '',
    response: last?.response ?? '',
    score: String(last?.score ?? 'unknown'),
  };
  const filled = (name: string) => fillSlots(templateOf(templates, name), slots);
  const inTurn = (name: string) => {
    const instructions = templates[name]!;
    return fillSlots(instructions[(line + round) % instructions.length]!, slots);
  };
  const briefing = {
    system: filled(thread.system),
    turn: filled(last === null ? 'first' : 'feedback'),
    plain: inTurn(last === null ? 'plain-first' : 'plain-feedback'),
    goal: behavior.prompt,
  };
  const { dialogue, ...outcome } = await proposer.propose(thread.dialogue, briefing, { random, signal });
  return { ...outcome, thread: { ...thread, dialogue, round: round + 1 } };
}
