/** @file Remembers the addresses of models that the user added, between visits. */
import { z } from 'zod';
import type { PreferenceStore } from '../frame/preference.svelte.ts';

const key = 'glovebox-added-models';
const most = 100;

const namesSchema = z
  .array(
    z.object({
      id: z
        .string()
        .max(1000)
        .regex(/^https?:\/\//),
      task: z.enum(['text-generation', 'text-classification']),
    }),
  )
  .max(most);
type Names = z.infer<typeof namesSchema>;

export interface AddedNames {
  /** Empty where storage is refused, or holds something else. */
  read(): Readonly<Names>;
  write(models: Readonly<Names>): void;
}

export const addedNames = (store: PreferenceStore | null): AddedNames => ({
  read() {
    try {
      return namesSchema.safeParse(JSON.parse(store?.getItem(key) ?? '[]')).data ?? [];
    } catch {
      return [];
    }
  },
  write(models) {
    try {
      const names: Names = models.slice(0, most).map(({ id, task }) => ({ id, task }));
      store?.setItem(key, JSON.stringify(names));
    } catch {
      // A full disk, or a private window: they last for this visit.
    }
  },
});
