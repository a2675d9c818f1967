/** @file The C interface of ONNX Runtime's WASM build, as far as it is used here. Pointers are byte offsets into its heap. */

export interface OrtModule {
  readonly HEAPU8: Uint8Array;
  readonly HEAPU32: Uint32Array;
  _malloc(bytes: number): number;
  _free(pointer: number): void;
  stackSave(): number;
  stackAlloc(bytes: number): number;
  stackRestore(stack: number): void;
  UTF8ToString(pointer: number): string;
  /** Also renews the views of a heap that has grown. */
  getValue(pointer: number, type: '*'): number;
  _OrtInit(threads: number, logLevel: number): number;
  _OrtGetLastError(code: number, message: number): number;
  _OrtCreateSessionOptions(
    optimizationLevel: number,
    arena: boolean,
    memoryPatterns: boolean,
    executionMode: number,
    profiling: boolean,
    profilePrefix: number,
    logId: number,
    logLevel: number,
    logVerbosity: number,
    optimizedModelPath: number,
  ): number;
  _OrtReleaseSessionOptions(options: number): number;
  _OrtCreateSession(bytes: number, length: number, options: number): number;
  _OrtReleaseSession(session: number): number;
  _OrtGetInputOutputCount(session: number, inputs: number, outputs: number): number;
  _OrtGetInputOutputMetadata(session: number, index: number, name: number, metadata: number): number;
  _OrtFree(pointer: number): number;
  _OrtCreateTensor(
    type: number,
    data: number,
    bytes: number,
    dims: number,
    rank: number,
    location: number,
  ): number;
  _OrtReleaseTensor(tensor: number): number;
  _OrtGetTensorData(tensor: number, type: number, data: number, dims: number, rank: number): number;
  _OrtRun(
    session: number,
    inputNames: number,
    inputs: number,
    inputCount: number,
    outputNames: number,
    outputCount: number,
    outputs: number,
    options: number,
  ): number;
}

interface ModuleOptions {
  readonly numThreads: number;
  readonly wasmBinary?: BufferSource;
  readonly locateFile: (name: string) => string;
}

/** What the build's script exports. */
export type OrtFactory = (options: ModuleOptions) => Promise<OrtModule>;

/** Start the engine with a thread pool of its own. */
export async function startOrt(factory: OrtFactory, options: ModuleOptions): Promise<OrtModule> {
  const module = await factory(options);
  const onlyErrors = 3;
  if (module._OrtInit(options.numThreads, onlyErrors) !== 0) throw lastError(module);
  return module;
}

/** What went wrong in the call before. */
export function lastError(module: OrtModule): Error {
  const stack = module.stackSave();
  const at = module.stackAlloc(8);
  module._OrtGetLastError(at, at + 4);
  const message = module.HEAPU32[at / 4 + 1]!;
  module.stackRestore(stack);
  return new Error(message === 0 ? 'ONNX Runtime failed.' : module.UTF8ToString(message));
}

/** Run `work` with words on the stack, which are gone when it ends; so it must not wait for anything. */
export function withStack<T>(module: OrtModule, work: (allocate: (words: number) => number) => T): T {
  const stack = module.stackSave();
  try {
    return work((words) => module.stackAlloc(4 * Math.max(1, words)));
  } finally {
    module.stackRestore(stack);
  }
}
