/** @file What to look for inside a model, as plain data. */
import { z } from 'zod';
import { LabError } from '../../core/errors.ts';
import { issueTexts } from '../../core/excerpt.ts';
import { nameSchema } from '../../core/name.ts';
import { relearningFields } from './relearning-request.ts';

export const insightRequestSchema = z.strictObject({
  /** Catalogue id; its weights must be in reach. */
  model: nameSchema,
  /** The model that it was trained from, to be shown beside it. */
  base: nameSchema.optional(),
  /** Behavior set with contrast prompts: what the model should decline and what it should answer. */
  set: nameSchema.default('tinytown'),
  /** Behavior of the set whose request is shown. Default: the first forbidden one. */
  behavior: nameSchema.optional(),
  /**
   * What the user's turn says in place of the request; `{request}` stands for the behavior's. What stands around that is the
   * attack's.
   */
  prompt: z.string().min(1).max(20_000).optional(),
  /** Words put in the model's mouth. */
  opening: z.string().max(2000).default(''),
  /** Texts whose first tokens the lens watches: how a refusal and an agreement open. */
  watch: z.array(z.string().min(1).max(200)).max(10).default(["I'm sorry", 'Sure']),
  seed: z.int().nonnegative().default(0),
  /** Fine-tune each model on harmful answers, and ask it in between. */
  relearning: z.strictObject(relearningFields).optional(),
});
export type InsightRequest = z.infer<typeof insightRequestSchema>;

/** @throws LabError 'bad-input' that names every field out of its range */
export function parseInsightRequest(input: unknown): InsightRequest {
  const parsed = insightRequestSchema.safeParse(input);
  if (parsed.success) return parsed.data;
  throw new LabError(
    'bad-input',
    `The request is not valid. ${issueTexts(parsed.error.issues, 'request').join('; ')}.`,
    { advice: 'Correct the values named above.' },
  );
}
