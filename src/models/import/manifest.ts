/** @file `model.json`: what an imported model is, where it comes from, and the hash of each of its files. */
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import { z } from 'zod';
import { LabError } from '../../core/errors.ts';
import { excerpt, issueTexts } from '../../core/excerpt.ts';
import { modelShape } from '../catalogue/known-model.ts';
import { precisions } from '../precision.ts';
import { manifestFile } from './own-files.ts';

const mostTextCharacters = 300;
const mostOriginCharacters = 1000;

const fileSchema = z.object({
  path: z.string().max(300),
  bytes: z.int().nonnegative(),
  /** Hexadecimal. */
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
});

const manifestSchema = z.object({
  version: z.literal(1),
  id: z.string().min(1).max(200),
  title: z.string().min(1).max(mostTextCharacters),
  /** What was brought, for people: names of files, or a repository at its revision. */
  origin: z.string().max(mostOriginCharacters),
  /** Of the file that was brought, or of the list of its files; hexadecimal. The id shows its first digits. */
  sourceSha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .optional(),
  /** Absent: the id was made from the files that were brought. `true`: it is that of an exported model, which said so. */
  restored: z.literal(true).optional(),
  /** `org/name` on the hub, with the name of a GGUF file behind a colon, by which plans may name this model too. */
  repository: z.string().max(300).optional(),
  license: z.string().max(mostTextCharacters).nullable(),
  task: z.enum(['text-generation', 'text-classification']),
  /** Class names of a classifier. */
  labels: z.array(z.string().max(300)).max(10_000).optional(),
  /** The folder holds a low-rank adapter alone; `base` is the id of the model that it stands on. */
  adapter: z.object({ base: z.string().min(1).max(200), rank: z.int().positive() }).optional(),
  /** ISO 8601, UTC. */
  importedAt: z.iso.datetime(),
  /** `plain`: the files have no chat template, so the importer wrote one that continues text. Absent: their own. */
  template: z.literal('plain').optional(),
  architecture: z.string().max(100),
  /** `null` where its files do not say. */
  parameters: z.int().nonnegative().nullable(),
  contextWindow: z.int().positive().nullable(),
  /** Of a decoder that the importer read. */
  shape: modelShape.optional(),
  weights: z.object({
    /** As the weights are stored; norms and biases are always float32. `as-published`: the files were kept as they came. */
    dtype: z.enum(['F16', 'F32', 'as-published']),
    /** Types in the files that were brought, most values first. */
    from: z.array(z.string().max(30)).max(100),
    /** Matrices stored as float32 because half precision cannot hold their values. */
    widened: z.array(z.string().max(300)).max(100_000),
  }),
  /** Absent in models of an earlier version of the app, which have single precision only. */
  precision: z
    .object({
      /** What it can be computed in. */
      offered: z.array(z.enum(precisions)).min(1).max(10),
      /** Why it was stored so, in sentences. */
      why: z.string().max(1000),
    })
    .optional(),
  /** Every file of the folder but this one. */
  files: z.array(fileSchema).min(1).max(100),
});

export type ModelManifest = z.infer<typeof manifestSchema>;
export type ManifestFile = z.infer<typeof fileSchema>;

/** @throws LabError 'bad-model' */
export function parseManifest(json: unknown): ModelManifest {
  const { data, error } = manifestSchema.safeParse(json);
  if (data) return data;
  const reasons = issueTexts(error.issues, 'model').join('; ');
  throw new LabError('bad-model', `${manifestFile} is not usable: ${reasons}.`, {
    advice: 'Delete this model and import it again.',
  });
}

/** Text that files state, cut to what a manifest holds. Text that was cut stays as it is. */
export const shortText = (text: string, most = mostTextCharacters): string =>
  excerpt(text, text.length <= most ? most : most - 30).slice(0, most);

export const shortOrigin = (origin: string): string => shortText(origin, mostOriginCharacters);

/**
 * Whether a manifest will be read back. To be called before gigabytes are written for it.
 * @param manifest whose files may still lack their sizes and hashes
 * @throws LabError 'not-supported'
 */
export function checkManifest(manifest: ModelManifest): void {
  const { error } = manifestSchema.safeParse(manifest);
  if (!error) return;
  const reasons = issueTexts(error.issues, 'model').join('; ');
  throw new LabError('not-supported', `This model cannot be described in a ${manifestFile}: ${reasons}.`, {
    advice: 'Nothing of it was stored. Check that its configuration and its list of files are as published.',
  });
}

/** A file that is not written yet. */
export const unwritten = (path: string): ManifestFile => ({ path, bytes: 0, sha256: '0'.repeat(64) });

export const manifestBytes = ({ files }: ModelManifest): number =>
  files.reduce((sum, { bytes }) => sum + bytes, 0);

/** One hash for the whole model, hexadecimal: of the paths and hashes of its files. */
export const modelHash = ({ files }: Pick<ModelManifest, 'files'>): string =>
  bytesToHex(
    sha256(
      utf8ToBytes(
        files
          .map(({ path, sha256: hash }) => `${hash}  ${path}\n`)
          .toSorted()
          .join(''),
      ),
    ),
  );
