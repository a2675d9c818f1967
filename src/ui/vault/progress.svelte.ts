/** @file What the player solved, and in how many tries: kept on this device, by level, until the player resets it. */
import { z } from 'zod';
import { mostPromptCharacters } from '../../lab/vault/results.ts';
import type { PreferenceStore } from '../frame/preference.svelte.ts';

const key = 'glovebox-vault';
/** Of levels that others built, so that many links do not fill the storage. */
const mostLevels = 200;

const levelSchema = z.object({
  /** Tries in all. */
  attempts: z.int().min(0),
  solved: z
    .object({
      /** Tries up to the one that opened it. */
      attempts: z.int().min(1),
      prompt: z.string().min(1).max(mostPromptCharacters),
      /** What beat what, in one sentence. */
      because: z.string().max(4000),
    })
    .optional(),
});
export type LevelProgress = Readonly<z.infer<typeof levelSchema>>;
const keptSchema = z.record(z.string(), levelSchema);

const untouched: LevelProgress = { attempts: 0 };

export class Progress {
  #levels = $state.raw<Readonly<Record<string, LevelProgress>>>({});
  readonly #store: PreferenceStore | null;

  /** @param store `null`, or one that is refused or full: what was solved lasts as long as the page */
  constructor(store: PreferenceStore | null) {
    this.#store = store;
    try {
      this.#levels = keptSchema.safeParse(JSON.parse(store?.getItem(key) ?? '{}')).data ?? {};
    } catch {
      // Not JSON, or refused.
    }
  }

  of = (level: string): LevelProgress => this.#levels[level] ?? untouched;

  /** Count one more try. */
  count = (level: string): void =>
    this.#write({ ...this.#levels, [level]: { ...this.of(level), attempts: this.of(level).attempts + 1 } });

  /** The last try opened it; the first time counts. */
  solve = (level: string, prompt: string, because: string): void => {
    const { attempts, solved } = this.of(level);
    if (!solved)
      this.#write({ ...this.#levels, [level]: { attempts, solved: { attempts, prompt, because } } });
  };

  reset = (): void => this.#write({});

  #write(levels: Readonly<Record<string, LevelProgress>>): void {
    this.#levels = Object.fromEntries(Object.entries(levels).slice(-mostLevels));
    try {
      this.#store?.setItem(key, JSON.stringify(this.#levels));
    } catch {
      // Refused or full.
    }
  }
}
