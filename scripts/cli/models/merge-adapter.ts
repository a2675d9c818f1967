/** @file `merge-adapter`: a model with an adapter as one model of its own, which loads wherever its kind does. */
import { existsSync, mkdirSync, openAsBlob, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { excerpt } from '../../../src/core/excerpt.ts';
import { mergedWeights } from '../../../src/models/adapted-folder.ts';
import { readAdaptedId } from '../../../src/models/adapted-entry.ts';
import { isOwnFile } from '../../../src/models/import/own-files.ts';
import { badUsage, cannotWrite, readLongInput } from '../failure.ts';
import { growWhole, writeWhole } from '../whole-file.ts';
import { addAdapter, baseFolder } from './add-adapter.ts';
import { findCached, folderOf } from './cache.ts';

export interface MergeAdapterOptions {
  readonly out: string;
  readonly base?: string;
  readonly json?: true;
}

/**
 * @param name file or folder of the adapter
 * @throws CommandError 2 for what is no adapter or does not fit its model, 1 where the result cannot be written
 */
export async function mergeAdapterInto(name: string, { out, base, json }: MergeAdapterOptions) {
  if (existsSync(out) && readdirSync(out).length > 0)
    throw badUsage(`"${excerpt(out)}" holds files already.`, 'Name a folder that is new or empty.');
  const id = await readLongInput(async () => (await addAdapter(name, base)) ?? noAdapter(name));
  const parts = readAdaptedId(id)!;
  const model = baseFolder(parts.base);
  const adapter = folderOf(findCached(parts.adapter)!);
  const optional = (file: string) =>
    existsSync(join(model, file)) ? (JSON.parse(readFileSync(join(model, file), 'utf8')) as object) : null;
  const weights = await readLongInput(() =>
    mergedWeights(
      {
        optionalJson: async (file) => optional(file) as Readonly<Record<string, unknown>> | null,
        blob: (file) => openAsBlob(join(model, file)),
      },
      { bytes: async (file) => new Uint8Array(readFileSync(join(adapter, file))) },
    ),
  );
  makeFolder(out);
  for (const file of readdirSync(model).filter(isText)) {
    const content = readFileSync(join(model, file));
    writeWhole(join(out, file), file === 'config.json' ? withoutGraphs(content.toString()) : content);
  }
  for (const [file, blob] of weights) {
    const growing = growWhole(join(out, file));
    for await (const part of blob.stream()) growing.add(part);
    growing.commit();
  }
  const files = readdirSync(out).toSorted();
  console.log(
    json ? JSON.stringify({ model: id, out, files }) : `Wrote ${id} to ${out}: ${files.join(', ')}.`,
  );
}

const noAdapter = (name: string): never => {
  throw badUsage(
    `"${excerpt(name)}" is no LoRA adapter.`,
    'Name a folder with adapter_config.json and adapter_model.safetensors.',
  );
};

/** What a model reads besides its weights, but no graph, which holds others, nor what was measured on these. */
const isText = (file: string): boolean =>
  /\.(json|jinja|txt|model)$/.test(file) &&
  !isOwnFile(file) &&
  !['selftest.json', 'training.json'].includes(file);

const withoutGraphs = (config: string): string => {
  const { 'transformers.js_config': _, ...own } = JSON.parse(config) as Record<string, unknown>;
  return `${JSON.stringify(own, null, 2)}\n`;
};

function makeFolder(out: string): void {
  try {
    mkdirSync(out, { recursive: true });
  } catch (error) {
    throw cannotWrite(out, error);
  }
}
