/** @file What a training is made of: model, method, data and settings, as JSON that can be kept and repeated. */
import { z } from 'zod';
import { LabError } from '../../core/errors.ts';
import { issueTexts } from '../../core/excerpt.ts';
import { nameSchema } from '../../core/name.ts';
import { sizeProblem } from '../../core/nesting.ts';
import { projections } from '../../models/projections.ts';

const turn = z.strictObject({
  role: z.enum(['system', 'user', 'assistant']),
  content: z.string().max(100_000),
});
const prompt = z.array(turn).min(1).max(200).readonly();
const answers = z.array(z.string().max(100_000)).max(100).readonly();

/** Training data that travels in a plan; it has the form of `TrainingData`. */
const ownData = z.strictObject({
  title: z.string().max(300).optional(),
  benign: z
    .array(z.strictObject({ prompt, answer: z.string().max(100_000) }))
    .max(100_000)
    .readonly(),
  requests: z
    .array(z.strictObject({ prompt, safe: answers, harmful: answers }))
    .max(100_000)
    .readonly(),
  preferences: z
    .array(z.strictObject({ prompt, chosen: z.string().max(100_000), rejected: z.string().max(100_000) }))
    .max(100_000)
    .readonly(),
});

export const trainingPlanSchema = z.strictObject({
  version: z.literal(1),
  seed: z.int().nonnegative().default(0),
  /** Catalogue id of the model, which stays as it is. */
  model: nameSchema,
  method: z.strictObject({
    id: nameSchema,
    /** Only what differs from the method's defaults. */
    options: z.record(z.string(), z.unknown()).default({}),
  }),
  /** Data that ships with the lab, by name, or data of one's own. */
  data: z.union([nameSchema, ownData]),
  /** Updates. Default: as the method recommends, as for the next two. */
  steps: z.int().min(1).max(1_000_000).optional(),
  /** At its peak. */
  learningRate: z.number().positive().max(1).optional(),
  /** Updates until the learning rate has reached its peak; from there a cosine leads to 0. */
  warmupSteps: z.int().min(0).optional(),
  weightDecay: z.number().min(0).max(1).default(0),
  /** Train low-rank adapters beside the weights. Default: all weights are trained. */
  adapters: z
    .strictObject({
      rank: z.int().min(1).max(256),
      /** What an adapter gives is multiplied by alpha / rank. Default: twice the rank. */
      alpha: z.number().positive().optional(),
      /** Linear layers that get one. Default: all. */
      projections: z.array(z.enum(projections)).min(1).optional(),
    })
    .optional(),
  /** Updates between looks at held-out data; 0 for none. */
  evaluateEvery: z.int().min(0).default(20),
  /** Share of the data that is held out for them, and never trained on. */
  heldOut: z.number().min(0).max(0.5).default(0.1),
  /** Updates between checkpoints. */
  checkpointEvery: z.int().min(1).default(20),
  /** End after this many looks in a row at which the held-out loss was no lower. Default: go on to the last update. */
  patience: z.int().min(1).optional(),
});

export type TrainingPlan = z.output<typeof trainingPlanSchema>;
export type TrainingPlanInput = z.input<typeof trainingPlanSchema>;

const limits = { depth: 16, values: 5_000_000 } as const;

/** @throws LabError 'bad-plan' that names every offending field */
export function parseTrainingPlan(input: unknown): TrainingPlan {
  const problem = sizeProblem(input, limits);
  if (problem !== null) throw invalid(problem);
  const parsed = trainingPlanSchema.safeParse(input);
  if (parsed.success) return parsed.data;
  throw invalid(issueTexts(parsed.error.issues, 'training').join('; '));
}

const invalid = (reasons: string) =>
  new LabError('bad-plan', `The training is not valid. ${reasons}.`, {
    advice: 'Correct the fields named above.',
  });
