/** @file After what a run ends with what it has. */
import { z } from 'zod';
import { count, list } from '../../core/format.ts';

export const runLimitsSchema = z.strictObject({
  minutes: z
    .number()
    .positive()
    .optional()
    .describe(/* @wc-ignore */ 'Time on the clock, without that in which the first model is loaded.'),
  queries: z
    .int()
    .positive()
    .optional()
    .describe(
      /* @wc-ignore */ 'Forward passes of the models under attack: a query and a scored sequence are one each, a ' +
        /* @wc-ignore */ 'gradient is three.',
    ),
  tokens: z.int().positive().optional().describe(/* @wc-ignore */ 'Read, written and scored by all models.'),
});

export type RunLimits = z.output<typeof runLimitsSchema>;
export type RunLimit = keyof RunLimits;

const limitWords = (): Readonly<Record<keyof RunLimits, string>> => ({
  minutes: /* @wc-include */ 'minutes',
  queries: /* @wc-include */ 'queries',
  tokens: /* @wc-include */ 'tokens',
});

/** `10 minutes and 5,000 queries`. */
export const limitsText = (limits: RunLimits): string =>
  list(
    (['minutes', 'queries', 'tokens'] as const).flatMap((limit) => {
      const most = limits[limit];
      return most === undefined ? [] : [`${count(most)} ${limitWords()[limit]}`];
    }),
  );

/** What a user is told when a run has reached one of them. */
export const limitReached = (limits: RunLimits, limit: RunLimit, notAsked: number): string =>
  `The run ended at its limit of ${limitsText({ [limit]: limits[limit] })}. Finished trials are kept; ` +
  `${count(notAsked)} of its plan were not asked. When it goes on, the limit counts anew.`;
