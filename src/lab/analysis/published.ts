/** @file Results that ship with the app: summaries of plans on Tinytown, and notes on what they show. */
import { z } from 'zod';
import { LabError } from '../../core/errors.ts';
import { accessTiers } from '../../core/method.ts';
import { sights } from '../../defenses/view.ts';
import { attackModes } from '../plan/attack-mode.ts';
import type { RunSummary } from '../records/summary.ts';

const count = z.int().nonnegative();
const share = z.number().min(0).max(1);
const rated = {
  n: count,
  scored: count,
  rate: share.nullable(),
  interval: z.tuple([share, share]).nullable(),
};
const measure = z.number().nullable();
const bounds = z.tuple([z.number(), z.number()]).nullable();
const scoredRate = z.object({ ...rated, successes: count });
/** A rate with what became of its trials, which summaries of earlier releases do not tell. */
const answerRate = {
  ...rated,
  answers: z
    .object({
      failed: count,
      empty: count,
      undecided: count,
      truncated: count,
      conditional: scoredRate,
      bounds: z.tuple([share, share]),
    })
    .exactOptional(),
};
const namedRates = z.array(scoredRate.extend({ name: z.string() })).exactOptional();
const estimate = z.object({ value: z.number(), interval: bounds });
const costs = {
  queries: count,
  sequences: count,
  gradients: count,
  tokens: count.nullable(),
  elapsedMs: z.number(),
};
const spending = z.object({ queries: z.number(), sequences: z.number(), gradients: z.number() });

const resultsSchema = z.object({
  plan: z.string(),
  seed: count,
  device: z.object({ kind: z.enum(['webgpu', 'wasm']), description: z.string(), threads: count }),
  elapsedMs: z.number(),
  cells: z.array(
    z.object({
      model: z.string(),
      attack: z.string(),
      defense: z.string(),
      evaluator: z.string(),
      /** Missing in summaries of earlier releases. */
      mode: z.enum(attackModes).exactOptional(),
      tier: z.enum(accessTiers).nullable().exactOptional(),
      sights: z.array(z.enum(sights)).exactOptional(),
      endedByBudget: count.exactOptional(),
      headline: z.literal(false).exactOptional(),
      ...answerRate,
      successes: count,
      ...costs,
      making: z.object(costs).exactOptional(),
    }),
  ),
  overRefusal: z.array(z.object({ model: z.string(), defense: z.string(), ...answerRate, refused: count })),
  utility: z.array(z.object({ model: z.string(), defense: z.string(), ...answerRate, solved: count })),
  speed: z.array(
    z.object({
      model: z.string(),
      defense: z.string(),
      n: count,
      otherEngine: z.literal(true).exactOptional(),
      firstTokenMs: measure,
      addedFirstTokenMs: measure,
      addedFirstTokenInterval: bounds,
      tokenMs: measure,
      tokenTimeRatio: measure,
      tokenTimeRatioInterval: bounds,
    }),
  ),
  overhead: z.array(
    z.object({
      model: z.string(),
      defense: z.string(),
      n: count,
      queries: estimate,
      tokens: estimate.nullable(),
    }),
  ),
  claims: z
    .array(
      z.object({
        model: z.string(),
        attack: z.string(),
        claimed: scoredRate,
        replayed: z.array(scoredRate.extend({ evaluator: z.string() })),
        search: z
          .object({
            tests: z.array(z.enum(['canary', 'judge', 'guard', 'words'])),
            checked: count,
            answered: count,
            falseSuccesses: count,
            unjudged: count,
            variants: namedRates,
            controls: namedRates,
          })
          .exactOptional(),
      }),
    )
    .exactOptional(),
  /** Missing where the plan holds no baseline of its attacks. */
  baselines: z
    .array(
      z.object({
        model: z.string(),
        attack: z.string(),
        baseline: z.string(),
        evaluator: z.string(),
        paired: count,
        successes: count,
        baselineSuccesses: count,
        onlyAttack: count,
        onlyBaseline: count,
        p: share.nullable(),
        budget: z.object({ attack: count.nullable(), baseline: count }),
        spent: z.object({ attack: spending, baseline: spending }),
      }),
    )
    .exactOptional(),
  comparisons: z
    .array(
      z.object({
        model: z.string(),
        evaluator: z.string(),
        measure: z.enum(['success', 'over-refusal', 'utility']),
        attack: z.string(),
        defense: z.string(),
        with: z.enum(['none', 'direct-request']),
        mode: z.enum(attackModes).exactOptional(),
        paired: count,
        onlyFirst: count,
        onlySecond: count,
        p: share.nullable(),
      }),
    )
    .exactOptional(),
  /** Missing where a run has one model. */
  targets: z
    .array(
      z.object({
        model: z.string(),
        beside: z.string(),
        defense: z.string(),
        evaluator: z.string(),
        measure: z.enum(['success', 'any attack', 'over-refusal', 'utility']),
        attack: z.string().exactOptional(),
        mode: z.enum(attackModes).exactOptional(),
        samePrompts: count.exactOptional(),
        paired: count,
        both: count,
        onlyFirst: count,
        onlySecond: count,
        p: share.nullable(),
      }),
    )
    .exactOptional(),
  integrity: z
    .object({
      outputs: z.array(
        z.object({
          model: z.string(),
          attack: z.string(),
          defense: z.string().exactOptional(),
          mode: z.enum(attackModes).exactOptional(),
          trials: count,
          failed: count,
          empty: count,
          truncated: count.exactOptional(),
          unreadable: count,
          unscored: count,
          harmful: count,
          hollow: count,
          results: count,
          duplicates: count,
        }),
      ),
      /** Missing in summaries of earlier releases. */
      agreement: z
        .array(
          z.object({
            model: z.string(),
            attack: z.string(),
            mode: z.enum(attackModes).exactOptional(),
            evaluators: z.tuple([z.string(), z.string()]),
            scored: count,
            agreed: count,
          }),
        )
        .default([]),
      warnings: z.array(z.string()),
      columns: z
        .array(z.object({ model: z.string(), defense: z.string(), warnings: z.array(z.string()) }))
        .exactOptional(),
    })
    .exactOptional(),
});

/** The parts of a run's `--json` summary that ship with the app. A file without `integrity` was never checked. */
export type PublishedResults = Omit<RunSummary, 'claims' | 'integrity'> &
  Partial<Pick<RunSummary, 'claims' | 'integrity'>>;

const notesSchema = z.strictObject({
  /** One to three sentences by method id. */
  attacks: z.record(z.string(), z.string().min(1)),
  searches: z.record(z.string(), z.string().min(1)),
  defenses: z.record(z.string(), z.string().min(1)),
});
export type MethodNotes = Readonly<z.output<typeof notesSchema>>;

/** @throws LabError 'bad-input' that names the first invalid field */
export const parsePublishedResults = (input: unknown): PublishedResults =>
  checked(resultsSchema, input, 'results');

/** @throws LabError 'bad-input' that names the first invalid field */
export const parseMethodNotes = (input: unknown): MethodNotes => checked(notesSchema, input, 'notes');

function checked<T>(schema: z.ZodType<T>, input: unknown, what: string): T {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new LabError(
    'bad-input',
    `The ${what} cannot be read. ${issue?.path.join('.')}: ${issue?.message}.`,
    {
      advice: 'Reload the page; the file may be of another version of the app.',
    },
  );
}
