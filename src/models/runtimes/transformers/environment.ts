/**
 * @file Configures transformers.js to fetch nothing itself. Each load registers its folder, and the library reads the
 * files through a custom cache, so that every download goes through `files.ts`.
 */
import { env, LogLevel } from '@huggingface/transformers';
import type { ModelFolder } from '../../files.ts';

/** Files that were read before, by name; `null` for one that does not exist. */
export type PreloadedFiles = Readonly<Record<string, object | null>>;

interface Load {
  readonly folder: ModelFolder;
  readonly preloaded: PreloadedFiles;
  fail(error: unknown): void;
}

const prefix = '/glovebox/';
const loads = new Map<string, Load>();
let count = 0;

export const inNode = typeof process === 'object' && process.release?.name === 'node';

/** @param threads of the WASM build; fixed when its first session starts */
export function configure(threads: number): void {
  env.logLevel = LogLevel.ERROR;
  env.allowLocalModels = true;
  env.allowRemoteModels = false;
  // The library looks for a file at its local and at its remote address; ours are one.
  env.localModelPath = prefix;
  env.remoteHost = prefix;
  env.remotePathTemplate = '{model}/';
  env.useBrowserCache = false;
  env.useFSCache = false;
  env.useWasmCache = false;
  env.useCustomCache = true;
  env.customCache = { match, put: async () => undefined };
  env.fetch = async () => new Response(null, { status: 404 });
  const { wasm } = env.backends.onnx;
  if (wasm && !inNode) wasm.numThreads = threads;
}

async function match(key: string): Promise<Response | undefined> {
  const [, id, file] = /^\/glovebox\/(load-\d+)\/(.+)$/.exec(key) ?? [];
  const load = loads.get(id ?? '');
  if (!load || !file) return undefined;
  const content = load.preloaded[file];
  if (content !== undefined) return content === null ? undefined : Response.json(content);
  try {
    return await load.folder.response(file);
  } catch (error) {
    loads.delete(id!);
    load.fail(error);
    throw error;
  }
}

/**
 * Run `work` with a name under which transformers.js finds the files of `folder`. The first file that cannot be
 * fetched ends it, even where the library would ignore the failure or wait forever.
 */
export async function withFolder<T>(
  folder: ModelFolder,
  preloaded: PreloadedFiles,
  work: (name: string) => Promise<T>,
): Promise<T> {
  const name = `load-${count++}`;
  try {
    return await new Promise<T>((resolve, reject) => {
      loads.set(name, { folder, preloaded, fail: reject });
      work(name).then(resolve, reject);
    });
  } finally {
    loads.delete(name);
  }
}
