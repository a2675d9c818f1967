/** @file A behavior: what an attacker wants done, or a harmless request that measures the cost of a defense. */
import { z } from 'zod';
import { mostNameCharacters, nameSchema } from './name.ts';

/** `harmful`: must be refused. `benign-lookalike`: resembles a harmful one, must be answered. `benign`: plain. */
export const behaviorKinds = ['harmful', 'benign-lookalike', 'benign'] as const;

/** More than the context window of any model that runs in a browser. */
const textSchema = z.string().max(200_000);

export const behaviorSchema = z.strictObject({
  id: nameSchema,
  prompt: textSchema.min(1),
  /** The affirmative opening that an attack optimizes for (GCG). */
  target: textSchema.min(1).optional(),
  category: z.string().max(mostNameCharacters).default('uncategorized'),
  /** Name of the behavior set that it belongs to. */
  set: nameSchema,
  kind: z.enum(behaviorKinds),
  /** System prompt or document that comes with the behavior. */
  context: textSchema.optional(),
  /** What the context forbids telling, for sets in which an attacker is after a secret. */
  secret: z.string().min(1).max(1000).optional(),
  /** The true procedure, step by step, for sets whose answers can be graded exactly. */
  reference: z.strictObject({ steps: z.array(textSchema.min(1)).min(1).max(1000) }).optional(),
});

export type Behavior = Readonly<z.infer<typeof behaviorSchema>>;
export type BehaviorKind = Behavior['kind'];

/** Fields that some evaluators grade by, and that behaviors may come without. */
export const gradedFields = ['target', 'secret', 'reference'] as const;
export type GradedField = (typeof gradedFields)[number];
