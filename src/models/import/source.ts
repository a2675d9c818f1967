/** @file What a model is made from, for its id: the same name and hash wherever the same files are brought. */
import { modelFolder } from './paths.ts';

/** One file of a GGUF model that was cut into several. */
export const shardName = /^(.*)-\d{5}-of-(\d{5})\.gguf$/;

/** Of the files of a folder, those that decide what its model computes. */
const decisive =
  /^((config|generation_config|tokenizer|tokenizer_config|adapter_config)\.json|chat_template\.(jinja|json)|.+\.(safetensors|safetensors\.index\.json|gguf))$/;

/** What to call a model. @param file name of a file, or of a folder */
export const sourceName = (file: string): string =>
  shardName.exec(file)?.[1] ?? file.replace(/\.(gguf|zip|safetensors)$/i, '');

/** Names of the files of a folder that count, in order. */
export const decisiveFiles = (names: Iterable<string>): readonly string[] =>
  [...names].filter((name) => decisive.test(name)).toSorted();

/** The hash of several files is that of this list, as `sha256sum` writes it. One file has its own. */
export const hashList = (hashes: readonly (readonly [name: string, sha256: string])[]): string =>
  hashes.map(([name, sha256]) => `${sha256}  ${name}\n`).join('');

/**
 * @param files by path, as they were dropped or picked
 * @returns a name, empty where files came without their folder; and the files that count, by name
 */
export function sourceOf(files: ReadonlyMap<string, Blob>): {
  readonly name: string;
  readonly files: ReadonlyMap<string, Blob>;
} {
  const baseName = (path: string) => path.split('/').at(-1)!;
  if (files.size === 1) {
    const [[path, file]] = files as unknown as [[string, Blob]];
    return { name: sourceName(baseName(path)), files: new Map([[baseName(path), file]]) };
  }
  const folder = modelFolder(files);
  const named = folder?.files ?? new Map([...files].map(([path, file]) => [baseName(path), file]));
  const counted = decisiveFiles(named.keys());
  return {
    name: folder ? folder.name : sourceName(counted[0] ?? ''),
    files: new Map(counted.map((name) => [name, named.get(name)!])),
  };
}
