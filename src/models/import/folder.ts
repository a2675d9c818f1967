/** @file Reads a model folder as Hugging Face libraries write it: configuration, tokenizer and safetensors. */
import { LabError } from '../../core/errors.ts';
import { excerpt } from '../../core/excerpt.ts';
import { parseObject } from '../files.ts';
import { indexFile, openWeights, weightFileNames } from '../weight-files.ts';
import type { Checkpoint } from './checkpoint.ts';
import { parseManifest, type ModelManifest } from './manifest.ts';
import { manifestFile } from './own-files.ts';
import { modelFolder } from './paths.ts';

type Files = ReadonlyMap<string, Blob>;
type Json = Readonly<Record<string, unknown>>;

const mostBytes = { json: 128 * 2 ** 20, text: 2 ** 20 } as const;

/**
 * @param files by path; the folder itself may be a part of the paths
 * @returns with an empty title where neither folder nor files give one
 * @throws LabError 'bad-model' or 'not-supported', before any weight is read
 */
export async function readFolder(files: Files): Promise<Checkpoint> {
  const root = modelFolder(files);
  if (!root) throw lacks('config.json');
  const folder = root.files;
  const config = await requiredJson(folder, 'config.json');
  if (!folder.has('tokenizer.json')) throw withoutTokenizer(folder);
  const tokenizer = await requiredJson(folder, 'tokenizer.json');
  const tokenizerConfig = await requiredJson(folder, 'tokenizer_config.json');
  // As in transformers: the file wins, since what is beside it may be older. Folders with a processor have a third place.
  const template =
    (await text(folder, 'chat_template.jinja')) ??
    tokenizerConfig['chat_template'] ??
    (await json(folder, 'chat_template.json'))?.['chat_template'] ??
    null;
  const manifest = await manifestIn(folder);
  return {
    title: manifest?.title ?? (root.name || nameIn(config) || ''),
    license: manifest ? manifest.license : licenseIn(await text(folder, 'README.md')),
    config,
    generation: await json(folder, 'generation_config.json'),
    tokenizer,
    tokenizerConfig: template === null ? tokenizerConfig : { ...tokenizerConfig, chat_template: template },
    tensors: await openWeights(await weightFiles(folder)),
    ...(manifest && { exported: { manifest, files: folder } }),
  };
}

/** Of a model that was exported here; a file of that name may be something else in other folders. */
export async function manifestIn(folder: Files): Promise<ModelManifest | null> {
  try {
    const found = await json(folder, manifestFile);
    return found && parseManifest(found);
  } catch {
    return null;
  }
}

async function weightFiles(folder: Files): Promise<readonly Blob[]> {
  const single = folder.get('model.safetensors');
  if (single && !folder.has(indexFile)) return [single];
  const index = await json(folder, indexFile);
  if (!index) throw withoutWeights(folder);
  const names = weightFileNames(index);
  const absent = names.filter((name) => !folder.has(name));
  if (absent.length > 0)
    throw new LabError(
      'bad-model',
      `${absent.length} of ${names.length} weight files are missing: ${absent.slice(0, 3).join(', ')}.`,
      { advice: `Bring all files that ${indexFile} names, together.` },
    );
  return names.map((name) => folder.get(name)!);
}

async function json(folder: Files, name: string): Promise<Json | null> {
  const file = folder.get(name);
  if (!file) return null;
  if (file.size > mostBytes.json)
    throw new LabError('bad-model', `${name} is larger than the limit of ${mostBytes.json / 2 ** 20} MiB.`, {
      advice: 'Check that this is a file of a language model.',
    });
  return parseObject(name, await file.text());
}

async function requiredJson(folder: Files, name: string): Promise<Json> {
  const value = await json(folder, name);
  if (!value) throw lacks(name);
  return value;
}

async function text(folder: Files, name: string): Promise<string | null> {
  return (await folder.get(name)?.slice(0, mostBytes.text).text()) ?? null;
}

/** The line `license:` in the front matter of a model card. */
export function licenseIn(card: string | null): string | null {
  const front = /^---\r?\n([\s\S]*?)\r?\n---/.exec(card ?? '')?.[1] ?? '';
  const stated = /^license:[ \t]*["']?([\w. +-]{1,60}?)["']?[ \t]*$/m.exec(front)?.[1];
  return stated === undefined || stated === 'other'
    ? (/^license_name:[ \t]*["']?([\w. +-]{1,60}?)["']?[ \t]*$/m.exec(front)?.[1] ?? null)
    : stated;
}

function nameIn({ _name_or_path: name }: Json): string | null {
  return typeof name === 'string' ? excerpt(name.split('/').at(-1)!, 100) : null;
}

const lacks = (name: string) =>
  new LabError('bad-model', `There is no ${name} among the files.`, {
    advice:
      'Bring the whole folder of the model: config.json, tokenizer.json, tokenizer_config.json and its .safetensors files.',
  });

const withoutTokenizer = (folder: Files) =>
  folder.has('tokenizer.model')
    ? new LabError(
        'not-supported',
        'The folder has its tokenizer as tokenizer.model only, which is not read here.',
        { advice: 'Load it with AutoTokenizer in Python and save it again, which writes tokenizer.json.' },
      )
    : lacks('tokenizer.json');

function withoutWeights(folder: Files): LabError {
  const names = [...folder.keys()];
  const pickled = names.find((name) => /\.(bin|pth|pt|ckpt|pkl)$/i.test(name));
  if (pickled !== undefined) return pickledWeights(pickled);
  if (names.some((name) => /^adapter_model\./.test(name)))
    return new LabError('not-supported', 'The folder holds an adapter, not a whole model.', {
      advice: 'Merge the adapter into its model (merge_and_unload in PEFT), save that, and bring the result.',
    });
  return lacks('model.safetensors');
}

export const pickledWeights = (name: string) =>
  new LabError('not-supported', `${excerpt(name)} holds weights as a pickle, which can run code when read.`, {
    advice:
      'Save the model again with save_pretrained(folder, safe_serialization=True) where you trust it, and bring that folder.',
  });
