/** @file How models are fine-tuned on harmful answers, to see whether harm comes back, as plain data. */
import { z } from 'zod';
import { LabError } from '../../core/errors.ts';
import { issueTexts } from '../../core/excerpt.ts';
import { nameSchema } from '../../core/name.ts';

export const relearningFields = {
  /** Training data that ships with the lab, by name. */
  data: nameSchema.default('tinytown'),
  /** Numbers of updates after which the models are asked, ascending. */
  at: z.array(z.int().min(0).max(10_000)).min(1).max(50).default([0, 1, 2, 5, 10, 20, 40]),
  /** Harmful requests to train on. */
  examples: z.int().min(1).max(10_000).default(10),
  learningRate: z.number().positive().max(1).default(5e-4),
  /** Train low-rank adapters of this rank. Default: all weights. */
  rank: z.int().min(1).max(256).optional(),
} as const;

export const relearningRequestSchema = z.strictObject({
  /** Catalogue ids, one curve each, in this order. */
  models: z.array(nameSchema).min(1).max(10),
  /** The models are asked for its forbidden behaviors; an exact evaluator has to grade them. */
  set: nameSchema.default('tinytown'),
  /** Behaviors that are asked at most, the first of the set. */
  limit: z.int().min(1).max(10_000).default(30),
  seed: z.int().nonnegative().default(0),
  ...relearningFields,
});
export type RelearningRequest = z.infer<typeof relearningRequestSchema>;
/** What one curve needs. */
export type RelearningPlan = Pick<RelearningRequest, 'at' | 'examples' | 'learningRate' | 'rank' | 'seed'>;

/** @throws LabError 'bad-input' that names every field out of its range */
export function parseRelearningRequest(input: unknown): RelearningRequest {
  const parsed = relearningRequestSchema.safeParse(input);
  if (parsed.success) return parsed.data;
  throw new LabError(
    'bad-input',
    `The request is not valid. ${issueTexts(parsed.error.issues, 'request').join('; ')}.`,
    { advice: 'Correct the values named above.' },
  );
}
