/** @file Which steps of the lessons were done on this device, and what was predicted. */
import { createContext } from 'svelte';
import { z } from 'zod';
import type { PreferenceStore } from '../frame/preference.svelte.ts';

const stepSchema = z.object({
  /** The choice of the prediction. */
  choice: z.string().optional(),
  /** The choice that came true; absent until the activity has run, empty where nothing was to be predicted. */
  outcome: z.string().optional(),
  /** Whether the explanation fits what came out. */
  fits: z.boolean().optional(),
});
export type StepProgress = Readonly<z.infer<typeof stepSchema>>;
/** By lesson and by step, counted from 0. */
const progressSchema = z.record(z.string(), z.record(z.string(), stepSchema));
type Kept = Readonly<Record<string, Readonly<Record<string, StepProgress>>>>;

const name = 'glovebox-lessons';
const untouched: StepProgress = {};

export class LessonProgress {
  #kept = $state.raw<Kept>({});
  readonly #store: PreferenceStore | null;

  /** @param store remembers between visits; what it holds is checked, and where it is refused nothing is remembered */
  constructor(store: PreferenceStore | null) {
    this.#store = store;
    try {
      const parsed = progressSchema.safeParse(JSON.parse(store?.getItem(name) ?? '{}'));
      if (parsed.success) this.#kept = parsed.data;
    } catch {
      // Refused or unreadable: the lessons begin anew.
    }
  }

  of = (lesson: string, step: number): StepProgress => this.#kept[lesson]?.[step] ?? untouched;
  isDone = (lesson: string, step: number): boolean => this.of(lesson, step).outcome !== undefined;
  doneIn = (lesson: string): number =>
    Object.values(this.#kept[lesson] ?? {}).filter(({ outcome }) => outcome !== undefined).length;

  /** Before the result is known; afterwards a choice no longer changes. */
  choose = (lesson: string, step: number, choice: string): void => {
    if (!this.isDone(lesson, step)) this.#change(lesson, step, { choice });
  };
  settle = (lesson: string, step: number, result: Required<Pick<StepProgress, 'outcome' | 'fits'>>): void =>
    this.#change(lesson, step, result);
  /** Begin a lesson anew. */
  reset = (lesson: string): void => {
    const { [lesson]: _, ...others } = this.#kept;
    this.#keep(others);
  };

  #change(lesson: string, step: number, change: StepProgress): void {
    const steps = { ...this.#kept[lesson], [step]: { ...this.of(lesson, step), ...change } };
    this.#keep({ ...this.#kept, [lesson]: steps });
  }
  #keep(kept: Kept): void {
    this.#kept = kept;
    try {
      this.#store?.setItem(name, JSON.stringify(kept));
    } catch {
      // Refused or full: the progress lasts as long as the page.
    }
  }
}

export const [getLessonProgress, setLessonProgress] = createContext<LessonProgress>();
