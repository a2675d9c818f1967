/** @file What defenses learned about models in a run, as a file: saved, and given instead of learning again. */
import { z } from 'zod';
import { LabError } from '../../core/errors.ts';
import type { Registry } from '../../core/method.ts';
import type { Artifact, Defense } from '../../defenses/defense.ts';
import type { ModelEntry } from '../../models/catalog.ts';

/** About what and how it was learned. */
export interface LearnedOrigin {
  readonly model: string;
  /** Only what the plan set. */
  readonly options: Readonly<Record<string, unknown>>;
  /** When the file was made, ISO 8601. */
  readonly savedAt: string;
}

/** What one defense learned about one model. */
export interface Learned extends Omit<LearnedOrigin, 'savedAt'> {
  readonly defense: string;
  readonly artifact: Artifact;
}

const fileSchema = z.strictObject({
  version: z.literal(1),
  savedAt: z.iso.datetime(),
  learned: z
    .array(
      z.strictObject({
        model: z.string().min(1),
        defense: z.string().min(1),
        options: z.record(z.string(), z.unknown()),
        artifact: z.record(z.string(), z.unknown()),
      }),
    )
    .min(1),
});
export type LearnedFile = Readonly<z.output<typeof fileSchema>>;

/** `known` and `fresh`, which replaces what was learned before about the same model by the same options. */
export const withLearned = (known: readonly Learned[], fresh: Learned): readonly Learned[] => [
  ...known.filter((one) => sourceOf(one) !== sourceOf(fresh)),
  fresh,
];
const sourceOf = ({ model, defense, options }: Learned) => JSON.stringify([model, defense, sorted(options)]);
const sorted = (values: LearnedOrigin['options']) => JSON.stringify(Object.entries(values).toSorted());

/** @param savedAt ISO 8601 */
export const learnedFile = (learned: readonly Learned[], savedAt: string): LearnedFile => ({
  version: 1,
  savedAt,
  learned: [...learned],
});

/**
 * What `defense` learned, from a file: of several the one about `model`, then the one with these options.
 * @throws LabError 'bad-input' when the file is something else, or holds nothing of this defense
 */
export function learnedIn(
  input: unknown,
  defense: string,
  { model, options }: Pick<LearnedOrigin, 'model' | 'options'>,
): Learned & LearnedOrigin {
  const parsed = fileSchema.safeParse(input);
  if (!parsed.success)
    throw unusable('The file does not hold what defenses learned, or it is damaged.', 'a run');
  const { savedAt, learned } = parsed.data;
  const own = learned.filter((one) => one.defense === defense);
  const [first] = own;
  if (!first) {
    const others = [...new Set(learned.map((one) => one.defense))].join(', ');
    throw unusable(`Nothing in the file was learned by "${defense}", only by: ${others}.`, 'a run with it');
  }
  const about = own.filter((one) => one.model === model);
  const alike = (one: Learned) => sorted(one.options) === sorted(options);
  return { savedAt, ...(about.find(alike) ?? about[0] ?? own.find(alike) ?? first) };
}

const unusable = (message: string, from: string) =>
  new LabError('bad-input', message, {
    advice: `Choose a file that “What defenses learned” or the command line (artifacts.json) saved after ${from}.`,
  });

/** The artifact with the model that it is about. */
export const signed = (artifact: Artifact, model: string): Artifact => ({ ...artifact, model });

/**
 * The artifact as the defense made it. One without a model was written by hand, and is taken as it is.
 * @throws LabError 'bad-plan' if it is about another model than one of `targets`: numbers of one model fit another of
 *   the same shape, and mean nothing there
 */
export function artifactFor(
  artifact: Artifact | undefined,
  defense: string,
  targets: readonly Pick<ModelEntry, 'id'>[],
): Artifact | undefined {
  if (artifact === undefined || !Object.hasOwn(artifact, 'model')) return artifact;
  const { model, ...learned } = artifact;
  const other = targets.find(({ id }) => id !== model);
  if (other === undefined) return learned;
  throw new LabError('bad-plan', `What "${defense}" learned is about ${String(model)}, not ${other.id}.`, {
    advice: `Leave its "artifact" out, so that it learns about ${other.id} anew, or give each model a plan of its own.`,
  });
}

/** @throws LabError 'unknown-method', or 'bad-input' when a defense could not work with what it is said to have learned */
export function checkArtifact(defenses: Registry<Defense>, id: string, artifact: unknown): void {
  const { prepare, learned } = defenses.get(id);
  if (prepare === undefined)
    throw new LabError('bad-input', `"${id}" learns nothing, so it takes no "artifact".`, {
      advice: 'Leave it out.',
    });
  const parsed = learned?.safeParse(artifact);
  if (parsed?.error === undefined) return;
  const [issue] = parsed.error.issues;
  const where = issue ? `${issue.path.join('.') || 'artifact'}: ${issue.message}` : 'artifact';
  throw new LabError('bad-input', `What "${id}" is said to have learned is damaged: ${where}.`, {
    advice: 'Leave it out, so that it is learned anew, or take it from another file.',
  });
}
