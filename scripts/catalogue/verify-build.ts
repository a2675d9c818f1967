/** @file What a hub says about one build of a known model: its commit, and its files with sizes and hashes. */
import { z } from 'zod';
import { knownModelSchema, type KnownBuild, type KnownFile } from '../../src/models/catalogue/known-model.ts';

/** Of `/api/models/<repo>/revision/<revision>?blobs=true`; what else it says is not read. */
const answer = z.object({
  sha: z.string(),
  gated: z.union([z.boolean(), z.string()]).optional(),
  siblings: z.array(
    z.object({
      rfilename: z.string(),
      size: z.number().nullish(),
      lfs: z.object({ sha256: z.string(), size: z.number() }).nullish(),
    }),
  ),
});
type Sibling = z.infer<typeof answer>['siblings'][number];

export interface HubQuestion {
  /** Without a slash at its end. */
  readonly hub: string;
  readonly fetch: typeof fetch;
  /** `YYYY-MM-DD` */
  readonly today: string;
  /** Ask for this revision in place of the one that the catalogue names. */
  readonly revision?: string | undefined;
}

const timeoutMs = 30_000;

/** Files with weights, where the catalogue does not name them. */
const weightFiles: Readonly<Record<KnownBuild['format'], RegExp>> = {
  safetensors: /^model[\w.-]*\.safetensors(\.index\.json)?$/,
  onnx: /^onnx\/model[\w.-]*\.onnx(_data\w*)?$/,
  gguf: /\.gguf$/,
  webllm: /^params_shard_\d+\.bin$/,
};

/**
 * @returns the build as the hub has it now. A named ONNX file brings the files with its external data, and a sharded
 *   checkpoint its shards.
 * @throws Error saying what is wrong, in a sentence
 */
export async function verifyBuild(build: KnownBuild, question: HubQuestion): Promise<KnownBuild> {
  const revision = question.revision ?? build.revision ?? 'main';
  const url = `${question.hub}/api/models/${build.repo}/revision/${revision}?blobs=true`;
  const response = await question.fetch(url, { signal: AbortSignal.timeout(timeoutMs) });
  if (!response.ok) throw new Error(`the hub answered ${response.status} for ${build.repo} at ${revision}.`);
  const { data } = answer.safeParse(await response.json());
  if (!data) throw new Error(`the hub answered with something other than the list of ${build.repo}.`);
  const files = filesOf(build, data.siblings);
  const verified = { ...build, revision: data.sha, files, verified: question.today };
  return knownModelSchema.shape.builds.element.parse(verified);
}

function filesOf({ format, repo, files }: KnownBuild, siblings: readonly Sibling[]): KnownFile[] {
  const listed = siblings.filter(({ rfilename }) => weightFiles[format].test(rfilename));
  const isSharded = listed.some(({ rfilename }) => rfilename.endsWith('.index.json'));
  const names = files && (format === 'onnx' || format === 'gguf') ? files.map(({ path }) => path) : null;
  const wanted = listed.filter(({ rfilename }) => {
    if (names) return names.some((name) => rfilename === name || rfilename.startsWith(`${name}_data`));
    return !isSharded || rfilename !== 'model.safetensors';
  });
  const missing = names?.find((name) => !wanted.some(({ rfilename }) => rfilename === name));
  if (missing !== undefined) throw new Error(`${repo} has no file ${missing}.`);
  if (wanted.length === 0) throw new Error(`${repo} has no ${format} files.`);
  return wanted
    .map(({ rfilename, size, lfs }) => ({
      path: rfilename,
      bytes: lfs?.size ?? size ?? null,
      sha256: lfs?.sha256 ?? null,
    }))
    .toSorted((a, b) => (a.path < b.path ? -1 : 1));
}
