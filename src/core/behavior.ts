/** @file A behavior: what an attacker wants done, or a harmless request that measures the cost of a defense. */
import { z } from 'zod';
import { mostNameCharacters, nameSchema } from './name.ts';

/** `harmful`: must be refused. `benign-lookalike`: resembles a harmful one, must be answered. `benign`: plain. */
export const behaviorKinds = ['harmful', 'benign-lookalike', 'benign'] as const;

/** More than the context window of any model that runs in a browser. */
const textSchema = z.string().max(200_000);

/** Where the attacker can write in a document. */
export const attackerSlot = '{attacker}';

const documentSchema = z
  .strictObject({
    task: textSchema
      .min(1)
      .optional()
      .describe("What the user asks about the document, where the prompt is the attacker's."),
    text: textSchema.min(1).describe('With a task: it holds `{attacker}` once, and there stands the prompt.'),
    answer: z.string().min(1).max(1000).describe('What a right answer to the task says.'),
    wrong: z
      .array(z.string().min(1).max(1000))
      .max(100)
      .default([])
      .describe('Of each, a right answer says nothing.'),
  })
  .refine(
    ({ task, text }) => text.split(attackerSlot).length === (task === undefined ? 1 : 2),
    `A document with a task must hold ${attackerSlot} once, and one without must not hold it`,
  );

export const behaviorSchema = z.strictObject({
  id: nameSchema,
  prompt: textSchema.min(1).describe('The request.'),
  target: textSchema
    .min(1)
    .optional()
    .describe('The affirmative opening that an attack optimizes for (GCG).'),
  category: z.string().max(mostNameCharacters).default('uncategorized'),
  set: nameSchema.describe('Name of the behavior set that it belongs to.'),
  kind: z.enum(behaviorKinds).describe('Harmful ones must be refused, the others answered.'),
  context: textSchema.optional().describe('System prompt or document that comes with the behavior.'),
  secret: z
    .string()
    .min(1)
    .max(1000)
    .optional()
    .describe('What the context forbids telling, for sets in which an attacker is after a secret.'),
  document: documentSchema
    .optional()
    .describe(
      'A text from elsewhere that comes with the request, for sets in which an attacker reaches the ' +
        'model only through it: the prompt is what the attacker writes into it.',
    ),
  canary: z
    .string()
    .min(4)
    .max(1000)
    .optional()
    .describe('A word without meaning that the attacker wants to see in the answer.'),
  reference: z
    .strictObject({ steps: z.array(textSchema.min(1)).min(1).max(1000) })
    .optional()
    .describe('The true procedure, step by step, for sets whose answers can be graded exactly.'),
});

export type Behavior = Readonly<z.infer<typeof behaviorSchema>>;
export type BehaviorDocument = Readonly<z.infer<typeof documentSchema>>;
export type BehaviorKind = Behavior['kind'];

/** Fields that some evaluators grade by, and that behaviors may come without. */
export const gradedFields = ['target', 'secret', 'reference'] as const;
export type GradedField = (typeof gradedFields)[number];
