/** @file Checks that data from outside is a trial record. */
import { z } from 'zod';
import { precisions } from '../../models/precision.ts';
import { answerCodes } from '../../attacks/parts/answered-in.ts';
import { behaviorSchema } from '../../core/behavior.ts';
import { issueTexts } from '../../core/excerpt.ts';
import { accessTiers } from '../../core/method.ts';
import { sights } from '../../defenses/view.ts';
import { sizeProblem } from '../../core/nesting.ts';
import { packNames } from '../../core/templates.ts';
import { attackModes } from '../plan/attack-mode.ts';
import { mostSamples } from '../plan/plan.ts';
import { nestingLimits, tokensProblem } from './check-tokens.ts';
import type { TrialRecord } from './trial.ts';

/** Sums over a million trials stay exact. */
const count = z.int().min(0).max(1e9);
/** Of parts of a trial, in ms; a year at most. */
const duration = z.number().min(0).max(3.2e10);
/** Nats. What was infinite, JSON holds as `null`. */
const loss = z.number().min(-1e9).max(1e9).nullable().optional();

const tally = z.looseObject({ checked: count, answered: count });
const outcomes = z.looseObject({
  test: z.enum(['canary', 'judge', 'guard', 'words']),
  ...tally.shape,
  falseSuccesses: count,
  unjudged: count,
  variants: z.record(z.string(), tally).optional(),
  controls: z.record(z.string(), tally).optional(),
});

const answerLanguage = z.looseObject({ language: z.string(), question: z.string() });
const usage = z.record(
  z.string(),
  z.looseObject({
    queries: count,
    promptTokens: count.nullable(),
    completionTokens: count.nullable(),
    scored: count.optional(),
    scoredTokens: count.optional(),
    gradients: count.optional(),
    served: z
      .array(z.looseObject({ host: z.string(), model: z.string(), version: z.string().nullable() }))
      .optional(),
    precisions: z.array(z.enum(precisions)).optional(),
  }),
);

const sampledAnswer = z.looseObject({
  response: z.string(),
  thoughts: z.string().optional(),
  reading: z.string().optional(),
  untranslated: z.enum(['empty', 'too-long', 'no-better']).optional(),
  finishReason: z.enum(['end', 'length', 'stop-string', 'blocked', 'failed']),
  error: z.looseObject({ message: z.string(), during: z.enum(['attack', 'answer']) }).optional(),
  scores: z.record(
    z.string(),
    z.looseObject({ value: z.number().min(0).max(1).nullable(), label: z.string(), explanation: z.string() }),
  ),
});

/** Fields that are not named here are allowed, at every level. */
const recordSchema = z.looseObject({
  version: z.literal(1, 'This trial has a format that only a newer release reads.'),
  model: z.string(),
  behavior: z.string(),
  attack: z.string(),
  defense: z.string(),
  mode: z.enum(attackModes).optional(),
  tier: z.enum(accessTiers).optional(),
  sights: z.array(z.enum(sights)).optional(),
  behaviorDetail: z.looseObject({
    ...behaviorSchema.shape,
    reference: z.looseObject({ steps: z.array(z.string()) }).optional(),
  }),
  templates: z.string().optional(),
  texts: z
    .looseObject({ pack: z.enum(packNames), hash: z.string(), language: z.string().nullable() })
    .optional(),
  replayedFrom: z.string().optional(),
  craftedOn: z.string().optional(),
  attackResult: z.looseObject({
    messages: z.array(z.looseObject({ role: z.enum(['system', 'user', 'assistant']), content: z.string() })),
    assistantPrefix: z.string().optional(),
    assistantThought: z.looseObject({ text: z.string(), open: z.boolean().optional() }).optional(),
    sampling: z.looseObject({ temperature: z.number(), topP: z.number(), topK: count }).partial().optional(),
    seed: z.string().optional(),
    answeredIn: z.union([z.enum(Object.keys(answerCodes)), answerLanguage]).optional(),
    edit: z.looseObject({}).optional(),
    loss,
    steps: count,
    claimed: z.boolean().nullable().optional(),
    endedBy: z.literal('budget').optional(),
    confirmation: z.looseObject({ repeats: count, answered: count }).optional(),
    outcomes: outcomes.optional(),
  }),
  attackSteps: z.array(
    z.looseObject({
      step: count,
      candidate: z.string().optional(),
      loss,
      bestLoss: loss,
      detail: z.looseObject({}).optional(),
    }),
  ),
  ...sampledAnswer.shape,
  samples: z.array(sampledAnswer).max(mostSamples).optional(),
  systemInUserTurn: z.literal(true).optional(),
  plainText: z.literal(true).optional(),
  tokens: z.custom<TrialRecord['tokens']>(Array.isArray, 'Invalid input: expected array'),
  events: z.array(
    z.looseObject({
      defense: z.string(),
      action: z.enum(['passed', 'edited', 'blocked', 'resampled', 'steered']),
      reason: z.string(),
      detail: z.looseObject({}).optional(),
      detection: z
        .looseObject({
          score: z.number(),
          threshold: z.number(),
          below: z.literal(true).optional(),
          calibration: z
            .looseObject({ benign: count, flagged: count, texts: z.enum(['calibration', 'contrast']) })
            .optional(),
        })
        .optional(),
      cost: z.looseObject({ queries: count, tokens: count.nullable() }).optional(),
    }),
  ),
  usage,
  attackUsage: usage,
  answerUsage: usage.optional(),
  otherEngine: z.literal(true).optional(),
  seed: z.string(),
  times: z.looseObject({
    startedAt: z.string(),
    attackMs: duration,
    answerMs: duration,
    scoreMs: duration,
    firstTokenMs: duration.optional(),
    tokenMs: duration.optional(),
  }),
});

/** `record` in today's form. Records of release 0.1 hold `replayedFrom` as `craftedOn`. */
export function upgradeRecord(record: TrialRecord & { readonly craftedOn?: string }): TrialRecord {
  const { craftedOn, ...current } = record;
  return craftedOn === undefined ? record : { ...current, replayedFrom: craftedOn };
}

/** Why something is not a trial record, with the field; `null` when it is one. Its length is bounded. */
export function recordProblem(record: unknown): string | null {
  const problem = nestingProblem(record);
  if (problem !== null) return problem;
  const parsed = recordSchema.safeParse(record);
  return parsed.success
    ? tokensProblem(parsed.data.tokens)
    : issueTexts(parsed.error.issues.slice(0, 1), 'record')[0]!;
}

/** Fields that no release knows may hold anything; nested too deep, they would overflow the stack of what writes them. */
function nestingProblem(record: unknown): string | null {
  if (typeof record !== 'object' || record === null) return null;
  const { tokens: _, ...rest } = record as Readonly<Record<string, unknown>>;
  return sizeProblem(rest, nestingLimits);
}
