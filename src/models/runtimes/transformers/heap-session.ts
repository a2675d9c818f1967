/**
 * @file Sessions of ONNX Runtime's WASM build whose outputs may stay in its heap. The build's JavaScript interface copies
 * every input and output of every run: the cache of a batch twice per token, which takes a small model more time than
 * its products.
 */
import type { Tensor } from 'onnxruntime-web/wasm';
import { lastError, withStack, type OrtModule } from '../../arrays/ort-module.ts';
import { allocate, copyIn, elementTypes, receive, valuesOf } from './heap-tensors.ts';

export interface OrtWebModule extends OrtModule {
  /** Also renews the views of a heap that has grown. */
  getValue(pointer: number, type: '*'): number;
  mountExternalData(path: string, data: Uint8Array): void;
  unmountExternalData(): void;
}

export interface SessionOptions {
  readonly logSeverityLevel?: number;
  readonly externalData?: readonly { readonly path: string; readonly data: Uint8Array }[];
}

interface Metadata {
  readonly name: string;
  readonly isTensor: true;
  /** `undefined` for a type that no tensor here has. */
  readonly type: Tensor.Type | undefined;
  /** A name where the size is open. */
  readonly shape: readonly (number | string)[];
}

/** Of the interface of `InferenceSession`, what transformers.js uses. */
export class HeapSession {
  readonly inputMetadata: readonly Metadata[];
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  readonly #module: OrtWebModule;
  readonly #handle: number;
  /** Names as the engine spells them: those of the inputs, then those of the outputs. */
  readonly #names: readonly number[];
  #stays: (output: string) => boolean = () => false;

  private constructor(module: OrtWebModule, handle: number) {
    this.#module = module;
    this.#handle = handle;
    const [inputs, outputs] = withStack(module, (allocate) => {
      const counts = allocate(2);
      if (module._OrtGetInputOutputCount(handle, counts, counts + 4)) throw lastError(module);
      return [module.HEAPU32[counts / 4]!, module.HEAPU32[counts / 4 + 1]!] as const;
    });
    const values = Array.from({ length: inputs + outputs }, (_, i) => describe(module, handle, i));
    this.#names = values.map(({ encoded }) => encoded);
    const metadata = values.map((value) => value.metadata);
    this.inputMetadata = metadata.slice(0, inputs);
    this.inputNames = this.inputMetadata.map(({ name }) => name);
    this.outputNames = metadata.slice(inputs).map(({ name }) => name);
  }

  static async create(
    module: OrtWebModule,
    graph: Uint8Array,
    options: SessionOptions = {},
  ): Promise<HeapSession> {
    const { externalData = [], logSeverityLevel = 2 } = options;
    for (const { path, data } of externalData) module.mountExternalData(path, data);
    const bytes = allocate(module, graph.byteLength);
    // All graph optimizations. No arena, so that memory goes back when a tensor does.
    const settings = module._OrtCreateSessionOptions(
      99,
      false,
      false,
      0,
      false,
      0,
      0,
      logSeverityLevel,
      0,
      0,
    );
    try {
      module.HEAPU8.set(graph, bytes);
      const handle = module._OrtCreateSession(bytes, graph.byteLength, settings);
      if (handle === 0) throw lastError(module);
      return new HeapSession(module, handle);
    } finally {
      module._free(bytes);
      module._OrtReleaseSessionOptions(settings);
      module.unmountExternalData();
    }
  }

  /** Outputs for which `stays` is true are views of the heap from now on, which their receiver must dispose of. */
  keepInHeap(stays: (output: string) => boolean): void {
    this.#stays = stays;
  }

  /** A tensor that lies in the heap is read there; the others are copied. */
  async run(feeds: Readonly<Record<string, Tensor>>): Promise<Record<string, Tensor>> {
    const module = this.#module;
    const copies: { readonly value: number; readonly data: number }[] = [];
    try {
      const inputs = this.inputNames.map((name) => {
        const tensor = feeds[name];
        if (!tensor) throw new Error(`The graph needs "${name}".`);
        const value = valuesOf.get(tensor);
        if (value !== undefined) return value;
        const copy = copyIn(module, tensor);
        copies.push(copy);
        return copy.value;
      });
      const outputs = this.#compute(inputs);
      return Object.fromEntries(
        this.outputNames.map((name, i) => [name, receive(module, outputs[i]!, this.#stays(name))]),
      );
    } finally {
      for (const { value, data } of copies) {
        module._OrtReleaseTensor(value);
        module._free(data);
      }
    }
  }

  #compute(inputs: readonly number[]): number[] {
    const module = this.#module;
    return withStack(module, (words) => {
      const names = words(this.#names.length);
      const values = words(this.#names.length);
      const outputs = inputs.length;
      module.HEAPU32.set(this.#names, names / 4);
      module.HEAPU32.set([...inputs, ...this.outputNames.map(() => 0)], values / 4);
      const failed = module._OrtRun(
        this.#handle,
        names,
        values,
        outputs,
        names + 4 * outputs,
        this.outputNames.length,
        values + 4 * outputs,
        0,
      );
      if (failed) throw lastError(module);
      return this.outputNames.map((_, i) => module.getValue(values + 4 * (outputs + i), '*'));
    });
  }

  async release(): Promise<void> {
    for (const name of this.#names) this.#module._OrtFree(name);
    this.#module._OrtReleaseSession(this.#handle);
  }
}

/** What the graph says of an input or output: its name as the engine spells it, and its type and shape. */
function describe(
  module: OrtWebModule,
  session: number,
  index: number,
): { encoded: number; metadata: Metadata } {
  return withStack(module, (words) => {
    const at = words(2);
    if (module._OrtGetInputOutputMetadata(session, index, at, at + 4)) throw lastError(module);
    const [encoded, details] = module.HEAPU32.subarray(at / 4, at / 4 + 2) as unknown as [number, number];
    const [code, rank] = module.HEAPU32.subarray(details / 4, details / 4 + 2) as unknown as [number, number];
    // A dimension without a name has its size instead.
    const [names, sizes] = [details / 4 + 2, details / 4 + 2 + rank];
    const shape = Array.from({ length: rank }, (_, i) => {
      const name = module.HEAPU32[names + i]!;
      return name === 0 ? module.HEAPU32[sizes + i]! : module.UTF8ToString(name);
    });
    module._OrtFree(details);
    const [type] = elementTypes.find(([, number]) => number === code) ?? [];
    return { encoded, metadata: { name: module.UTF8ToString(encoded), isTensor: true, type, shape } };
  });
}
