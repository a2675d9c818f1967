/** @file The programs of one model on one device. Each compiles when it first runs; layers share theirs. */
import type { ArrayDevice, Program } from '../../arrays/array-device.ts';
import type { LlamaConfig } from '../../llama.ts';
import type { ForwardOptions } from '../../programs/layer-graph.ts';
import type { Wanted } from '../../programs/layer-weights.ts';
import type { Projection } from '../../projections.ts';
import * as heads from '../../programs/head-programs.ts';
import * as layers from '../../programs/layer-programs.ts';
import * as streams from '../../programs/stream-programs.ts';

const fixed = {
  embed: streams.embedProgram,
  rows: streams.rowsProgram,
  embedSoft: streams.embedSoftProgram,
  edit: streams.editProgram,
  editVjp: streams.editVjpProgram,
  logits: heads.logitsProgram,
  logitsVjp: heads.logitsVjpProgram,
  logProbs: heads.logProbsProgram,
  norm: heads.normProgram,
  normVjp: heads.normVjpProgram,
  products: heads.productsProgram,
  cut: streams.cutProgram,
  add: streams.addProgram,
  scale: streams.scaleProgram,
} as const;

export type FixedProgram = keyof typeof fixed;

export class Programs {
  readonly #device: ArrayDevice;
  readonly #config: LlamaConfig;
  readonly #programs = new Map<string, Program>();

  constructor(device: ArrayDevice, config: LlamaConfig) {
    this.#device = device;
    this.#config = config;
  }

  get(name: FixedProgram): Program {
    return this.#named(name, () => fixed[name](this.#config));
  }

  layer(adapters: ReadonlySet<Projection>, options: ForwardOptions, attention = false): Program {
    const key = `layer ${options.cache} ${options.invariant} ${attention} ${[...adapters].join(' ')}`;
    return this.#named(key, () => layers.layerProgram(this.#config, { adapters, attention, ...options }));
  }

  saving(adapters: ReadonlySet<Projection>): Program {
    return this.#named(`saving ${[...adapters].join(' ')}`, () =>
      layers.savingProgram(this.#config, { adapters }),
    );
  }

  backward(adapters: ReadonlySet<Projection>, wanted: Wanted, recompute: boolean): Program {
    const key = `backward ${wanted} ${recompute} ${[...adapters].join(' ')}`;
    const options = { adapters, wanted, recompute };
    return this.#named(key, () => layers.backwardProgram(this.#config, options));
  }

  logProbsVjp(weights: boolean): Program {
    return this.#named(`logProbsVjp ${weights}`, () => heads.logProbsVjpProgram(this.#config, { weights }));
  }

  dispose(): void {
    for (const program of this.#programs.values()) program.dispose();
    this.#programs.clear();
  }

  #named(key: string, graph: () => Uint8Array): Program {
    let program = this.#programs.get(key);
    if (!program) this.#programs.set(key, (program = this.#device.program(graph)));
    return program;
  }
}
