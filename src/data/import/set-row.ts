/** @file A behavior of an imported set, as it is stored. */
import type { z } from 'zod';
import { behaviorSchema } from '../../core/behavior.ts';
import { nameSchema } from '../../core/name.ts';

/** Most behaviors of a set, as of a plan. */
export const mostRows = 100_000;

/** Without the set that it belongs to: an id is that of the row within its file. */
export const setRowSchema = behaviorSchema
  .omit({ set: true, reference: true })
  .extend({ id: nameSchema.max(200) });
export type SetRow = Readonly<z.infer<typeof setRowSchema>>;
