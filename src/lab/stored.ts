/** @file Makes sure that stored trials belong to the plan that goes on from them. */
import { z } from 'zod';
import { answerCodes } from '../attacks/parts/answered-in.ts';
import { LabError } from '../core/errors.ts';
import type { Plan } from './plan.ts';
import type { RunInfo, TrialKey, TrialRecord } from './records.ts';
import type { PlacedRecord } from './store.ts';
import type { Chunk } from './trials.ts';

/** Names a trial within a run; no two trials of a plan share it. */
export const keyText = ({ model, defense, attack, behavior }: TrialKey): string =>
  JSON.stringify([model, defense, attack, behavior]);

/** @throws LabError 'bad-plan' when the run was started with another plan */
export function checkSamePlan(run: RunInfo, plan: Plan): void {
  if (JSON.stringify(run.plan) === JSON.stringify(plan)) return;
  throw new LabError('bad-plan', `Run ${run.id} was started with another plan.`, {
    advice: 'Give the new plan a run id of its own, or remove the old run.',
  });
}

/** @throws LabError 'bad-plan' when the behaviors have changed since (a new version of the lab, say) */
export function checkSameTrials(
  runId: string,
  stored: readonly PlacedRecord[],
  chunks: readonly Chunk[],
): void {
  const keys = new Map(chunks.flatMap(({ trials }) => trials.map(({ place, key }) => [place, keyText(key)])));
  const stranger = stored.find(({ place, record }) => keys.get(place) !== keyText(record));
  if (stranger === undefined) return;
  throw new LabError('bad-plan', `Run ${runId} holds trials that its plan no longer stands for.`, {
    advice:
      'Its behavior sets have changed. Export the run if you need it, remove it, and run the plan again.',
  });
}

const answerLanguage = z.looseObject({ language: z.string(), question: z.string() });

/** What going on from a record relies on; the rest of it is only shown. */
const recordSchema = z.looseObject({
  version: z.literal(1),
  model: z.string(),
  behavior: z.string(),
  attack: z.string(),
  defense: z.string(),
  seed: z.string(),
  behaviorDetail: z.looseObject({ kind: z.string(), prompt: z.string() }),
  attackResult: z.looseObject({
    messages: z.array(z.looseObject({ content: z.string() })),
    steps: z.number(),
    answeredIn: z.union([z.enum(Object.keys(answerCodes)), answerLanguage]).optional(),
  }),
  attackSteps: z.array(z.unknown()),
  response: z.string(),
  finishReason: z.string(),
  reading: z.string().optional(),
  tokens: z.array(z.unknown()),
  events: z.array(z.looseObject({})),
  scores: z.record(z.string(), z.looseObject({ value: z.number().min(0).max(1).nullable() })),
  usage: z.looseObject({}),
  attackUsage: z.looseObject({}),
  times: z.looseObject({ attackMs: z.number(), answerMs: z.number(), scoreMs: z.number() }),
});

/** Why something is not a trial, `null` when it is one. */
export function recordProblem(record: unknown): string | null {
  const issue = recordSchema.safeParse(record).error?.issues[0];
  return issue ? `${issue.path.join('.') || 'record'}: ${issue.message}` : null;
}

/**
 * Find the place of each record in the plan; of records of one trial the last counts.
 * @throws LabError 'bad-input' for a record that is not one, or that the plan does not stand for
 */
export function placed(records: readonly TrialRecord[], chunks: readonly Chunk[]): readonly PlacedRecord[] {
  const trials = new Map(chunks.flatMap((chunk) => chunk.trials.map((trial) => [keyText(trial.key), trial])));
  const rows = records.map((record, i) => {
    const problem = recordProblem(record);
    if (problem !== null) throw unreadable(i, problem);
    const trial = trials.get(keyText(record));
    if (trial === undefined || trial.seed !== record.seed)
      throw unreadable(i, 'The plan has no such trial with this seed.');
    return { place: trial.place, record };
  });
  return [...new Map(rows.map((row) => [row.place, row])).values()];
}

const unreadable = (index: number, reason: string) =>
  new LabError('bad-input', `Trial ${index + 1} cannot be taken over. ${reason}`, {
    advice: 'Go on with the plan and seed that made these trials, or start in an empty folder.',
  });
