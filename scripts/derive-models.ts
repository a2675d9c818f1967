/**
 * @file Writes `onnx/model.onnx` of every bundled model from its `config.json` and `model.safetensors`. The file is
 * derived, so it is not committed: whatever reads or serves public/models calls `deriveModels` first. It takes some
 * seconds in a new clone and after a change of the weights or of the writer, and a tenth of a second otherwise.
 */
import { createHash, randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseLlamaConfig } from '../src/models/llama.ts';
import { writeLlamaClassifierOnnx } from '../src/models/onnx/llama-classifier.ts';
import { writeLlamaOnnx } from '../src/models/onnx/llama.ts';
import { readSafetensors } from '../src/models/safetensors.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const onnxFolder = 'src/models/onnx';
/** What decides the bytes beside the model itself. */
const writerSources = [
  'scripts/derive-models.ts',
  'src/models/hub-config.ts',
  'src/models/llama.ts',
  'src/models/llama-config.ts',
  'src/models/llama-family.ts',
  'src/models/rope.ts',
  'src/models/safetensors.ts',
  ...readdirSync(join(root, onnxFolder)).map((name) => `${onnxFolder}/${name}`),
].map((path) => join(root, path));

export interface DeriveOptions {
  /** Holds a folder per model. */
  readonly models: string;
  /** Where to keep the digest of each model's files, by which a later call sees that nothing changed. */
  readonly record: string;
}

/** The ONNX graph of a model folder, with the weights in half precision, as they are stored. */
export function deriveOnnx(folder: string): Uint8Array<ArrayBuffer> {
  const config = parseLlamaConfig(JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8')));
  const { tensors } = readSafetensors(readFileSync(join(folder, 'model.safetensors')));
  const write = config.labels ? writeLlamaClassifierOnnx : writeLlamaOnnx;
  return write(config, tensors, { weights: 'float16' });
}

const onnxFile = (folder: string) => join(folder, 'onnx', 'model.onnx');
const readIfThere = (path: string) => (existsSync(path) ? readFileSync(path) : null);

/** Covers the writer, what it reads and what it wrote, so that a change of any of them is noticed. */
function digestOf(folder: string): string {
  const model = ['config.json', 'model.safetensors'].map((name) => join(folder, name));
  const hash = createHash('sha256');
  for (const file of [...writerSources, ...model, onnxFile(folder)]) {
    const bytes = readIfThere(file);
    hash.update(`${bytes?.length ?? 'missing'}\n`).update(bytes ?? '');
  }
  return hash.digest('hex');
}

function readRecord(path: string): Record<string, string> {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Record<string, string>;
  } catch {
    return {}; // none yet, or not readable: everything is derived again
  }
}

/** Write the graphs that are missing or out of date. @returns ids of the models whose file changed */
export function deriveModels({
  models = join(root, 'public/models'),
  record = join(root, '.cache/derived-models.json'),
}: Partial<DeriveOptions> = {}): string[] {
  const isComplete = (id: string) =>
    ['config.json', 'model.safetensors'].every((name) => existsSync(join(models, id, name)));
  /** Whole or not at all, also when several processes write the same file at once. */
  const writeWhole = (path: string, data: Uint8Array | string) => {
    const part = `${record}.${randomUUID()}`; // not beside the file, where a build might find it
    for (const file of [part, path]) mkdirSync(dirname(file), { recursive: true });
    writeFileSync(part, data);
    renameSync(part, path);
  };
  const digests = readRecord(record);
  const outdated = readdirSync(models).filter(
    (id) => isComplete(id) && digests[id] !== digestOf(join(models, id)),
  );
  if (outdated.length === 0) return [];
  const changed = outdated.filter((id) => {
    const folder = join(models, id);
    const onnx = deriveOnnx(folder);
    // The same bytes keep the file's time, by which the build knows that nothing changed.
    if (readIfThere(onnxFile(folder))?.equals(onnx)) return false;
    console.error(`Writing the ONNX graph of ${id} …`);
    writeWhole(onnxFile(folder), onnx);
    return true;
  });
  const current = outdated.map((id) => [id, digestOf(join(models, id))] as const);
  writeWhole(record, JSON.stringify({ ...digests, ...Object.fromEntries(current) }, null, 1));
  return changed;
}
