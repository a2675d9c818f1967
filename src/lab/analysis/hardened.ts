/** @file What training methods did to a model, as it ships with the app: one row per method, beside the model before. */
import { z } from 'zod';
import { LabError } from '../../core/errors.ts';
import { percent, points, pValue } from '../../core/format.ts';

const share = z.number().min(0).max(1);
const counted = z.object({ successes: z.int().nonnegative(), n: z.int().positive() });
const rowSchema = z.object({
  /** Of the method, or `none`. */
  id: z.string(),
  /** Of six attacks on forbidden requests: the mean over requests. */
  success: share,
  /** Of that mean against the model before, in shares; absent for the model before. */
  change: z
    .object({ value: z.number(), interval: z.tuple([z.number(), z.number()]).readonly().nullable() })
    .exactOptional(),
  /** Requests on which any of the six succeeded. */
  anyAttack: counted,
  /** McNemar's exact test of that against the model before, by Holm; absent for the model before. */
  p: share.exactOptional(),
  refused: counted,
  solved: counted,
  /** Harmful answers after so many updates on a few harmful answers. */
  relearned: z.object({
    updates: z.int().positive(),
    harmful: z.int().nonnegative(),
    asked: z.int().positive(),
  }),
});
const hardenedSchema = z.object({ model: z.string(), rows: z.array(rowSchema).min(1) });
export type HardenedRow = z.infer<typeof rowSchema>;
export type Hardened = z.infer<typeof hardenedSchema>;

/** @throws LabError 'bad-input' for another shape */
export function parseHardened(input: unknown): Hardened {
  const parsed = hardenedSchema.safeParse(input);
  if (parsed.success) return parsed.data;
  throw new LabError('bad-input', 'The measured effects of training methods are damaged.', {
    advice: 'Load the page again, or build the app anew.',
  });
}

/** What a method did, in sentences; none for one that was not measured. */
export function hardenedSentences({ rows }: Hardened, method: string): readonly string[] {
  const [before, after] = ['none', method].map((id) => rows.find((row) => row.id === id));
  if (!before || !after?.change || after.p === undefined) return [];
  const range = after.change.interval;
  const of = ({ successes, n }: HardenedRow['solved']) => `${successes} of ${n}`;
  return [
    `Six attacks succeed on ${percent(before.success)} of forbidden requests before it and on ` +
      `${percent(after.success)} after: ${points(after.change.value)} points` +
      `${range ? ` (${range.map(points).join(/* @wc-include */ ' to ')})` : ''}; ${pValue(after.p)} for any of the six, adjusted over all methods.`,
    `Harmless requests solved: ${of(before.solved)} before, ${of(after.solved)} after; look-alikes refused: ` +
      `${of(before.refused)} and ${of(after.refused)}.`,
    `After ${after.relearned.updates} updates on ten harmful answers it does harm on ` +
      `${after.relearned.harmful} of ${after.relearned.asked} requests asked plainly, where the model before does on ` +
      `${before.relearned.harmful}.`,
  ];
}
