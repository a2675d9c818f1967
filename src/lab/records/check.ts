/** @file Checks that data from outside is a trial record. */
import { z } from 'zod';
import { answerCodes } from '../../attacks/parts/answered-in.ts';
import type { TrialRecord } from './trial.ts';

const answerLanguage = z.looseObject({ language: z.string(), question: z.string() });

/** What resuming from a record relies on; other fields are only shown. */
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

/** `record` in today's form. Records of release 0.1 hold `replayedFrom` as `craftedOn`. */
export function upgradeRecord(record: TrialRecord & { readonly craftedOn?: string }): TrialRecord {
  const { craftedOn, ...current } = record;
  return craftedOn === undefined ? record : { ...current, replayedFrom: craftedOn };
}

/** Why something is not a trial record, `null` when it is one. */
export function recordProblem(record: unknown): string | null {
  const issue = recordSchema.safeParse(record).error?.issues[0];
  return issue ? `${issue.path.join('.') || 'record'}: ${issue.message}` : null;
}
