/** @file Sessions of ONNX Runtime's WASM build through its C interface: values in, values out, nothing is copied. */
import { lastError, withStack, type OrtModule } from './ort-module.ts';
import { place } from './ort-values.ts';

/** An input or output. */
export interface OrtPort {
  readonly name: string;
  /** The name as the engine spells it. */
  readonly encoded: number;
  /** Of the element type. */
  readonly code: number;
  /** A name where the size is open. */
  readonly shape: readonly (number | string)[];
}

export class OrtSession {
  readonly inputs: readonly OrtPort[];
  readonly outputs: readonly OrtPort[];
  readonly #module: OrtModule;
  readonly #handle: number;

  private constructor(module: OrtModule, handle: number) {
    this.#module = module;
    this.#handle = handle;
    const [inputs, outputs] = withStack(module, (words) => {
      const counts = words(2);
      if (module._OrtGetInputOutputCount(handle, counts, counts + 4)) throw lastError(module);
      return [module.HEAPU32[counts / 4]!, module.HEAPU32[counts / 4 + 1]!] as const;
    });
    const ports = Array.from({ length: inputs + outputs }, (_, i) => describePort(module, handle, i));
    this.inputs = ports.slice(0, inputs);
    this.outputs = ports.slice(inputs);
  }

  /** With all graph optimizations. No arena and no patterns, so that memory goes back when a value does. */
  static create(module: OrtModule, graph: Uint8Array, logLevel = 3): OrtSession {
    const bytes = place(module, graph);
    const options = module._OrtCreateSessionOptions(99, false, false, 0, false, 0, 0, logLevel, 0, 0);
    try {
      const handle = module._OrtCreateSession(bytes, graph.byteLength, options);
      if (handle === 0) throw lastError(module);
      return new OrtSession(module, handle);
    } finally {
      module._free(bytes);
      module._OrtReleaseSessionOptions(options);
    }
  }

  /** @param values of the inputs, in their order. @returns those of the outputs, which the caller owns */
  run(values: readonly number[]): number[] {
    const module = this.#module;
    const ports = [...this.inputs, ...this.outputs];
    return withStack(module, (words) => {
      const [names, all] = [words(ports.length), words(ports.length)];
      const first = 4 * this.inputs.length;
      ports.forEach(({ encoded }, i) => (module.HEAPU32[names / 4 + i] = encoded));
      module.HEAPU32.set([...values, ...this.outputs.map(() => 0)], all / 4);
      const failed = module._OrtRun(
        ...([this.#handle, names, all, this.inputs.length, names + first] as const),
        ...([this.outputs.length, all + first, 0] as const),
      );
      if (failed) throw lastError(module);
      return this.outputs.map((_, i) => module.getValue(all + first + 4 * i, '*'));
    });
  }

  release(): void {
    for (const { encoded } of [...this.inputs, ...this.outputs]) this.#module._OrtFree(encoded);
    this.#module._OrtReleaseSession(this.#handle);
  }
}

function describePort(module: OrtModule, session: number, index: number): OrtPort {
  return withStack(module, (words) => {
    const at = words(2);
    if (module._OrtGetInputOutputMetadata(session, index, at, at + 4)) throw lastError(module);
    const [encoded, details] = [module.getValue(at, '*'), module.getValue(at + 4, '*')];
    const [code, rank] = module.HEAPU32.subarray(details / 4, details / 4 + 2);
    // A dimension without a name has its size instead.
    const [names, sizes] = [details / 4 + 2, details / 4 + 2 + rank!];
    const shape = Array.from({ length: rank! }, (_, i) => {
      const name = module.HEAPU32[names + i]!;
      return name === 0 ? module.HEAPU32[sizes + i]! : module.UTF8ToString(name);
    });
    module._OrtFree(details);
    return { name: module.UTF8ToString(encoded), encoded, code: code!, shape };
  });
}
