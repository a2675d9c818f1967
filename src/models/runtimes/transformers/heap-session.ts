/**
 * @file Sessions of ONNX Runtime's WASM build whose outputs may stay in its heap. The build's JavaScript interface copies
 * every input and output of every run: the cache of a batch twice per token, which takes a small model more time than
 * its products.
 */
import type { Tensor } from 'onnxruntime-web/wasm';
import type { OrtModule } from '../../arrays/ort-module.ts';
import { OrtSession } from '../../arrays/ort-session.ts';
import { copyIn, elementTypes, receive, valuesOf } from './heap-tensors.ts';

export interface OrtWebModule extends OrtModule {
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
  readonly #session: OrtSession;
  #stays: (output: string) => boolean = () => false;

  private constructor(module: OrtWebModule, session: OrtSession) {
    this.#module = module;
    this.#session = session;
    this.inputMetadata = session.inputs.map(({ name, code, shape }) => {
      const [type] = elementTypes.find(([, number]) => number === code) ?? [];
      return { name, isTensor: true, type, shape };
    });
    this.inputNames = session.inputs.map(({ name }) => name);
    this.outputNames = session.outputs.map(({ name }) => name);
  }

  static async create(
    module: OrtWebModule,
    graph: Uint8Array,
    { externalData = [], logSeverityLevel = 2 }: SessionOptions = {},
  ): Promise<HeapSession> {
    for (const { path, data } of externalData) module.mountExternalData(path, data);
    try {
      return new HeapSession(module, OrtSession.create(module, graph, logSeverityLevel));
    } finally {
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
      const outputs = this.#session.run(inputs);
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

  async release(): Promise<void> {
    this.#session.release();
  }
}
