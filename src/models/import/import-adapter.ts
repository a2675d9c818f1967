/** @file Stores a low-rank adapter, as PEFT writes it, for a model that is here. The model's weights are not copied. */
import { LabError } from '../../core/errors.ts';
import { excerpt } from '../../core/excerpt.ts';
import { weightShapes } from '../llama-weights.ts';
import { parseLlamaConfig } from '../llama.ts';
import { baseNamed, peftFiles, readPeft, type LoraAdapter } from '../peft.ts';
import { licenseIn } from './folder.ts';
import { committed, type FolderWriter } from './folder-writer.ts';
import { writeHashed, writeJson } from './hashed-files.ts';
import { checkManifest, shortOrigin, shortText, unwritten, type ModelManifest } from './manifest.ts';
import { manifestFile } from './own-files.ts';
import { readZip } from './zip.ts';

type Bytes = Uint8Array<ArrayBuffer>;

export interface BroughtAdapter {
  /** Of its folder; empty where files came without it. */
  readonly name: string;
  readonly files: ReadonlyMap<string, Bytes>;
  readonly adapter: LoraAdapter;
  /** The model that it was trained on, as its files call it. */
  readonly base: string;
  readonly license: string | null;
}

const mostBytes = 2 ** 30;
const card = 'README.md';

/**
 * @param files by path: those of a folder, or one zip file of it
 * @returns `null` for files that are no adapter
 * @throws as `readPeft`, and LabError 'bad-model' for files that are too large
 */
export async function openAdapter(files: ReadonlyMap<string, Blob>): Promise<BroughtAdapter | null> {
  const [first] = files;
  const isZip = files.size === 1 && (await first![1].slice(0, 4).text()) === 'PK\x03\x04';
  const all = isZip ? await readZip(first![1]) : files;
  const config = [...all.keys()].find((path) => /(^|\/)adapter_config\.json$/.test(path));
  const root = config?.slice(0, -peftFiles[0].length);
  if (root === undefined || all.has(`${root}config.json`)) return null;
  const found = new Map<string, Bytes>();
  for (const name of [...peftFiles, card]) {
    const file = all.get(root + name);
    if (!file) continue;
    if (file.size > mostBytes) throw tooLarge(name);
    found.set(name, new Uint8Array(await file.arrayBuffer()));
  }
  const text = found.get(card);
  return {
    name: root.split('/').at(-2) ?? (isZip ? first![0].replace(/\.zip$/i, '') : ''),
    files: found,
    adapter: readPeft(found),
    base: baseNamed(found),
    license: licenseIn(text ? new TextDecoder().decode(text) : null),
  };
}

const tooLarge = (name: string): LabError =>
  new LabError('bad-model', `${name} is larger than ${mostBytes / 2 ** 20} MiB, too large for an adapter.`, {
    advice: 'Merge it into its model in Python, and import the merged model.',
  });

/** A model that an adapter may stand on. */
export interface BaseCandidate {
  readonly id: string;
  /** Other names that it goes by: its title, the repository or file that it came from. */
  readonly names: readonly string[];
}

/** The names that an imported model goes by. */
export const namesOf = ({
  title,
  origin,
  repository,
}: Pick<ModelManifest, 'title' | 'origin' | 'repository'>): readonly string[] => [
  ...[title, origin],
  ...(repository === undefined ? [] : [repository]),
];

const plain = (name: string) =>
  name
    .split(/[/\\]/)
    .at(-1)!
    .replace(/@[0-9a-f]{12}$/, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '');

/**
 * The model that an adapter names, by any of the names that it goes by; the file of a model may say more than its name does,
 * such as its precision.
 * @throws LabError 'unknown-model' where none or several are meant
 */
export function baseOf(named: string, candidates: readonly BaseCandidate[]): string {
  const exact = candidates.filter(({ id, names }) => id === named || names.includes(named));
  const wanted = plain(named);
  const close = candidates.filter(
    ({ id, names }) => wanted !== '' && [id, ...names].some((name) => plain(name).startsWith(wanted)),
  );
  const [found, ...others] = exact.length > 0 ? exact : close;
  if (found && others.length === 0) return found.id;
  throw new LabError(
    'unknown-model',
    found
      ? `Several models here may be the one that the adapter was trained on: ${[found, ...others].map(({ id }) => id).join(', ')}.`
      : `The model that the adapter was trained on is not here: it is called "${excerpt(named)}".`,
    {
      advice: found
        ? 'Say which one is meant.'
        : 'Import that model first, or say which of the models here it is.',
    },
  );
}

/** @param config parsed `config.json` of the model @throws LabError 'bad-model' for an adapter of a model of another shape */
export function checkAdapterFits({ tensors }: LoraAdapter, config: unknown, base: string): void {
  const shapes = weightShapes(parseLlamaConfig(config));
  for (const [name, { shape }] of tensors) {
    const target = name.replace(/\.lora_[AB]\.weight$/, '.weight');
    const own = shapes.get(target);
    const [side, wanted] = name.includes('.lora_A.') ? ([1, own?.[1]] as const) : ([0, own?.[0]] as const);
    if (wanted !== undefined && shape[side] === wanted) continue;
    throw new LabError(
      'bad-model',
      `The adapter does not fit "${excerpt(base)}": ${target} is ${own ? `[${own.join(', ')}] there` : 'not there'}.`,
      { advice: 'Use it with the model that it was trained on.' },
    );
  }
}

export interface AdapterImport {
  readonly id: string;
  readonly title: string;
  readonly origin: string;
  readonly sourceSha256: string;
  /** What its model is, as its own manifest or the catalogue says. */
  readonly base: Pick<ModelManifest, 'id' | 'license' | 'architecture' | 'contextWindow' | 'shape'>;
  readonly signal?: AbortSignal | undefined;
  readonly now: () => Date;
}

/** The folder is committed when all is written, and discarded at any failure. @throws as `target` */
export function importAdapter(
  { files, adapter, license }: BroughtAdapter,
  target: FolderWriter,
  { id, title, origin, sourceSha256, base, signal, now }: AdapterImport,
): Promise<ModelManifest> {
  const parameters = [...adapter.tensors.values()].reduce((sum, { data }) => sum + data.length, 0);
  const known: ModelManifest = {
    ...{ version: 1, id, title: shortText(title || id), origin: shortOrigin(origin), sourceSha256 },
    license: license ?? base.license,
    task: 'text-generation',
    adapter: { base: base.id, rank: adapter.rank },
    importedAt: now().toISOString(),
    ...{ architecture: base.architecture, parameters, contextWindow: base.contextWindow },
    ...(base.shape && { shape: base.shape }),
    weights: { dtype: 'as-published', from: ['LoRA'], widened: [] },
    files: [...files.keys()].map(unwritten),
  };
  checkManifest(known);
  return committed(target, signal, async () => {
    const written = [];
    for (const [path, bytes] of files)
      written.push(await writeHashed(target, path, (append) => append(bytes)));
    const manifest = { ...known, files: written };
    await writeJson(target, manifestFile, manifest);
    return manifest;
  });
}
