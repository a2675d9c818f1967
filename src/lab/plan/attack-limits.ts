/** @file What a plan says of all its attacks alike: what each may spend on one behavior, and when a success counts. */
import { z } from 'zod';

export const attackBudgetSchema = z.strictObject({
  queries: z
    .int()
    .positive()
    .optional()
    .describe(
      'Forward passes of the model under attack: a query and a scored sequence are one each, a gradient ' +
        'is three.',
    ),
  tokens: z.int().positive().optional().describe('Read, written and scored by all models.'),
  seconds: z
    .number()
    .positive()
    .optional()
    .describe('Results then depend on how fast the device is: such a run does not repeat to the same bytes.'),
});

export type AttackBudget = z.output<typeof attackBudgetSchema>;

export const attackLimits = {
  attackBudget: attackBudgetSchema
    .optional()
    .describe(
      'What an attack may spend on one behavior. A search ends after the step in which it reaches a ' +
        'limit, with the best that it has. What an attack learned before its first behavior is not ' +
        'counted. Default: attacks end by their own options.',
    ),
  attackDraws: z
    .int()
    .min(1)
    .max(64)
    .optional()
    .describe(
      'Over how many draws of a random defense an adaptive attack averages the log-probs that it reads. ' +
        'Default: 4.',
    ),
  detectorGradients: z
    .literal(true)
    .optional()
    .describe(
      'Adaptive white-box attacks also differentiate detectors that can be (the perplexity filter and the linear ' +
        'probe): how far a request is beyond their threshold is a term of its gradient. Default: detectors ' +
        'rank candidates, and gradients leave them out.',
    ),
  margin: z
    .number()
    .min(0)
    .max(0.5)
    .optional()
    .describe(
      'By how much an answer must pass the graded part of the test that an attack searches with before it counts ' +
        'as a success: a guard must give so much more probability of harm than it takes, and where words alone ' +
        'decide, so much more of the request must be spoken of. A judge has to give its full score anyway, and a ' +
        'canary is said or not. Default: 0.',
    ),
  confirm: z
    .int()
    .min(1)
    .max(100)
    .optional()
    .describe(
      'Ask the prompt of every success that an attack claims this many times again, with other seeds; ' +
        'the claim stands if all answers pass. A greedy answer of a model without a random defense is not ' +
        'asked again. Default: a claim stands as it is.',
    ),
} as const;
