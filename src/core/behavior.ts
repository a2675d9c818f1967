/** @file A behavior: what an attacker wants done, or a harmless request that measures the cost of a defense. */
import { z } from 'zod';

/** `harmful`: must be refused. `benign-lookalike`: resembles a harmful one, must be answered. `benign`: plain. */
export const behaviorKinds = ['harmful', 'benign-lookalike', 'benign'] as const;

export const behaviorSchema = z.strictObject({
  id: z.string().min(1),
  prompt: z.string().min(1),
  /** The affirmative opening that an attack optimizes for (GCG). */
  target: z.string().min(1).optional(),
  category: z.string().default('uncategorized'),
  /** Name of the behavior set that it belongs to. */
  set: z.string().min(1),
  kind: z.enum(behaviorKinds),
  /** System prompt or document that comes with the behavior. */
  context: z.string().optional(),
  /** The true procedure, step by step, for sets whose answers can be graded exactly. */
  reference: z.strictObject({ steps: z.array(z.string().min(1)).min(1) }).optional(),
});

export type Behavior = Readonly<z.infer<typeof behaviorSchema>>;
export type BehaviorKind = Behavior['kind'];
