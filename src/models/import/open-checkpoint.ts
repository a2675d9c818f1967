/** @file Recognises what a user brought by its content, and opens it with the reader for that format. */
import { LabError } from '../../core/errors.ts';
import { excerpt } from '../../core/excerpt.ts';
import type { Checkpoint, ExportedFolder } from './checkpoint.ts';
import { pickledWeights, readFolder } from './folder.ts';
import { keptExport } from './kept-export.ts';
import { plainPath } from './paths.ts';
import { openGguf } from '../gguf/open.ts';
import { sourceName } from './source.ts';
import { readZip } from './zip.ts';

type Kind = 'gguf' | 'zip' | 'pickle' | 'other';

/** By the first bytes; the name of a file may lie. */
async function kindOf(file: Blob): Promise<Kind> {
  const start = new Uint8Array(await file.slice(0, 4).arrayBuffer());
  const text = String.fromCharCode(...start);
  if (text === 'GGUF') return 'gguf';
  if (text === 'PK\x03\x04' || text === 'PK\x05\x06') return 'zip';
  return start[0] === 0x80 && start[1]! >= 2 && start[1]! <= 5 ? 'pickle' : 'other';
}

/**
 * @param files by path or name: a GGUF file or its shards, a zip file, or the files of a folder
 * @throws LabError that says what the files are, if they are no model that can be read
 */
export async function openCheckpoint(
  files: ReadonlyMap<string, Blob>,
  options: OpenOptions = {},
): Promise<Checkpoint> {
  const unpacked = await unpack(files, options);
  return openFiles(unpacked.files, unpacked.name);
}

interface OpenOptions {
  readonly signal?: AbortSignal | undefined;
}

/** A checkpoint to be converted, or the export of a repository that was stored as it is published. */
export type Brought =
  | { readonly checkpoint: Checkpoint; readonly kept: null }
  | { readonly checkpoint: null; readonly kept: ExportedFolder };

/** @param files as for `openCheckpoint` @throws as `openCheckpoint` */
export async function openBrought(
  files: ReadonlyMap<string, Blob>,
  options: OpenOptions = {},
): Promise<Brought> {
  const unpacked = await unpack(files, options);
  const kept = await keptExport(unpacked.files);
  return kept
    ? { checkpoint: null, kept }
    : { checkpoint: await openFiles(unpacked.files, unpacked.name), kept: null };
}

async function unpack(
  files: ReadonlyMap<string, Blob>,
  { signal }: OpenOptions,
): Promise<{ readonly files: ReadonlyMap<string, Blob>; readonly name: string }> {
  const brought = new Map([...files].map(([path, file]) => [plainPath(path), file]));
  if (brought.size === 0)
    throw new LabError('bad-input', 'There are no files.', {
      advice: 'Bring a file or a folder of a model.',
    });
  const [[name, file]] = brought as unknown as [[string, Blob]];
  if (brought.size === 1 && (await kindOf(file)) === 'zip') {
    const unpacked = await readZip(file, signal);
    // PyTorch's own format is a zip file around a pickle.
    if ([...unpacked.keys()].some((path) => /(^|\/)data\.pkl$/.test(path))) throw pickledWeights(name);
    return { files: unpacked, name: sourceName(name) };
  }
  return { files: brought, name: unnamed };
}

/** Files that came without their folder. */
const unnamed = 'Imported model';

/** Files that are GGUF by their first bytes: of those named so, or the one that was brought alone. */
async function ggufFiles(files: ReadonlyMap<string, Blob>): Promise<readonly Blob[]> {
  const found: Blob[] = [];
  for (const [path, file] of files)
    if ((files.size === 1 || /\.gguf$/i.test(path)) && (await kindOf(file)) === 'gguf') found.push(file);
  return found;
}

async function openFiles(files: ReadonlyMap<string, Blob>, name: string): Promise<Checkpoint> {
  const gguf = await ggufFiles(files);
  if (gguf.length > 0 && ![...files.keys()].some((path) => /\.safetensors$/i.test(path)))
    return openGguf(gguf);
  if ([...files.keys()].some((path) => /(^|\/)config\.json$/.test(path))) {
    const checkpoint = await readFolder(files);
    return checkpoint.title === '' ? { ...checkpoint, title: name } : checkpoint;
  }
  const [[path, file]] = files as unknown as [[string, Blob]];
  if (files.size === 1) throw await refused(path, file);
  return readFolder(files);
}

async function refused(name: string, file: Blob): Promise<LabError> {
  const kind = await kindOf(file);
  if (kind === 'pickle') return pickledWeights(name);
  const shown = excerpt(name);
  if (file.size === 0)
    return new LabError('bad-input', `${shown} is empty.`, { advice: 'Download it again.' });
  if (/\.safetensors$/i.test(name))
    return new LabError('bad-input', `${shown} holds weights without the configuration of their model.`, {
      advice: 'Bring the whole folder, with config.json and tokenizer.json.',
    });
  if (/\.onnx(_data)?$/i.test(name))
    return new LabError('not-supported', `${shown} is an ONNX graph, which is not imported.`, {
      advice: 'Bring the folder with the safetensors files of the model, or its GGUF file.',
    });
  return new LabError('bad-input', `${shown} is no model file: it is neither GGUF nor a zip file.`, {
    advice:
      'Bring a .gguf file, a Hugging Face folder with .safetensors files, or a zip file of such a folder.',
  });
}
