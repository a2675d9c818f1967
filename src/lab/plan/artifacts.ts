/**
 * @file Artifacts: what defenses learned about models in a run. They are saved to a file and can be given to a plan, so
 * that the defenses need not learn again.
 */
import { z } from 'zod';
import { LabError } from '../../core/errors.ts';
import { excerpt, firstOf, issueTexts } from '../../core/excerpt.ts';
import type { Registry } from '../../core/method.ts';
import { nameSchema } from '../../core/name.ts';
import { sizeProblem } from '../../core/nesting.ts';
import type { Artifact, Defense } from '../../defenses/defense.ts';
import type { ModelEntry } from '../../models/catalog.ts';

/** The model an artifact describes, and how the defense learned it. */
export interface ArtifactOrigin {
  readonly model: string;
  /** Only the options that the plan set. */
  readonly options: Readonly<Record<string, unknown>>;
  /** When the file was written, ISO 8601. */
  readonly savedAt: string;
}

const count = z.number().int().nonnegative();
const spentSchema = z.strictObject({
  queries: count,
  sequences: count,
  gradients: count,
  tokens: count.nullable(),
  elapsedMs: z.number().nonnegative(),
});
/** What learning took, on all models together; tokens are `null` if some were not counted. */
export type LearningCosts = Readonly<z.output<typeof spentSchema>>;

/** The artifact of one defense on one model. */
export interface RunArtifact extends Omit<ArtifactOrigin, 'savedAt'> {
  readonly defense: string;
  readonly artifact: Artifact;
  /** Absent in files of earlier releases. */
  readonly spent?: LearningCosts;
}

const fileSchema = z.strictObject({
  version: z.literal(1),
  savedAt: z.iso.datetime(),
  artifacts: z
    .array(
      z.strictObject({
        model: nameSchema,
        defense: nameSchema,
        options: z.record(z.string(), z.unknown()),
        artifact: z.record(z.string(), z.unknown()),
        spent: spentSchema.exactOptional(),
      }),
    )
    .min(1),
});

/** Files of release 0.1 hold their artifacts under `learned`. */
function withCurrentName(input: unknown): unknown {
  if (typeof input !== 'object' || input === null || !('learned' in input)) return input;
  const { learned, ...rest } = input;
  return { ...rest, artifacts: learned };
}
export type ArtifactFile = Readonly<z.output<typeof fileSchema>>;

/** `artifacts` with `fresh`, which replaces an earlier one of the same defense, model and options. */
export const withArtifact = (
  artifacts: readonly RunArtifact[],
  fresh: RunArtifact,
): readonly RunArtifact[] => [...artifacts.filter((one) => sourceOf(one) !== sourceOf(fresh)), fresh];
const sourceOf = ({ model, defense, options }: RunArtifact) =>
  JSON.stringify([model, defense, sorted(options)]);
const sorted = (values: ArtifactOrigin['options']) => JSON.stringify(Object.entries(values).toSorted());

/** @param savedAt ISO 8601 */
export const artifactFile = (artifacts: readonly RunArtifact[], savedAt: string): ArtifactFile => ({
  version: 1,
  savedAt,
  artifacts: [...artifacts],
});

/**
 * The artifact of `defense` in a file: if there are several, one on `model` comes first, then one with these options.
 * @throws LabError 'bad-input' when the file is something else, or holds no artifact of this defense
 */
export function artifactInFile(
  input: unknown,
  defense: string,
  { model, options }: Pick<ArtifactOrigin, 'model' | 'options'>,
): RunArtifact & ArtifactOrigin {
  const { savedAt, artifacts } = fileOf(input);
  const own = artifacts.filter((one) => one.defense === defense);
  const [first] = own;
  if (!first) {
    const ids = [...new Set(artifacts.map((one) => one.defense))];
    const others = firstOf(ids, (id) => excerpt(id)).join(', ');
    throw unusable(`Nothing in the file was learned by "${defense}", only by: ${others}.`, 'a run with it');
  }
  const ofModel = own.filter((one) => one.model === model);
  const hasOptions = (one: RunArtifact) => sorted(one.options) === sorted(options);
  return { savedAt, ...(ofModel.find(hasOptions) ?? ofModel[0] ?? own.find(hasOptions) ?? first) };
}

/** Every artifact in a file. @throws LabError 'bad-input' when the file is something else */
export const artifactsInFile = (input: unknown): readonly RunArtifact[] => fileOf(input).artifacts;

function fileOf(input: unknown): ArtifactFile {
  const problem = sizeProblem(input, { depth: 32, values: 20_000_000 });
  if (problem !== null) throw unusable(`The file is too large: ${problem}.`, 'a run');
  const parsed = fileSchema.safeParse(withCurrentName(input));
  if (!parsed.success)
    throw unusable('The file does not hold what defenses learned, or it is damaged.', 'a run');
  return parsed.data;
}

const unusable = (message: string, from: string) =>
  new LabError('bad-input', message, {
    advice: `Choose a file that “What defenses learned” or the command line (artifacts.json) saved after ${from}.`,
  });

/** The artifact with the id of the model that it describes. */
export const withModel = (artifact: Artifact, model: string): Artifact => ({ ...artifact, model });

/**
 * The artifact in the form its defense wrote. One that names no model was written by hand and is taken as it is.
 * @throws LabError 'bad-plan' if it describes a model other than `targets`: the numbers would fit another model of the
 *   same shape and mean nothing there
 */
export function artifactForTargets(
  artifact: Artifact | undefined,
  defense: string,
  targets: readonly Pick<ModelEntry, 'id'>[],
): Artifact | undefined {
  if (artifact === undefined || !Object.hasOwn(artifact, 'model')) return artifact;
  const { model, ...content } = artifact;
  const other = targets.find(({ id }) => id !== model);
  if (other === undefined) return content;
  throw new LabError(
    'bad-plan',
    `What "${defense}" learned is about ${excerpt(String(model))}, not ${other.id}.`,
    {
      advice: `Leave its "artifact" out, so that it learns about ${other.id} anew, or give each model a plan of its own.`,
    },
  );
}

/** @throws LabError 'unknown-method', or 'bad-input' when the artifact does not fit the defense */
export function checkArtifact(defenses: Registry<Defense>, id: string, artifact: unknown): void {
  const { prepare, artifactSchema } = defenses.get(id);
  if (prepare === undefined)
    throw new LabError('bad-input', `"${id}" learns nothing, so it takes no "artifact".`, {
      advice: 'Leave it out.',
    });
  const parsed = artifactSchema?.safeParse(artifact);
  if (parsed?.error === undefined) return;
  const where = issueTexts(parsed.error.issues.slice(0, 1), 'artifact').join('');
  throw new LabError('bad-input', `What "${id}" is said to have learned is damaged: ${where}.`, {
    advice: 'Leave it out, so that it is learned anew, or take it from another file.',
  });
}
