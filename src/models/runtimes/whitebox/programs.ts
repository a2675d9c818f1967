/** @file The programs of one model on one device. Each compiles when it first runs; layers share theirs. */
import type { ArrayDevice, Program } from '../../arrays/array-device.ts';
import type { LlamaConfig } from '../../llama.ts';
import type { ForwardOptions, Projection, Wanted } from '../../programs/layer-graph.ts';
import * as graphs from '../../programs/layer-programs.ts';

const fixed = {
  embed: graphs.embedProgram,
  embedSoft: graphs.embedSoftProgram,
  edit: graphs.editProgram,
  editVjp: graphs.editVjpProgram,
  logits: graphs.logitsProgram,
  logitsVjp: graphs.logitsVjpProgram,
  logProbs: graphs.logProbsProgram,
  norm: graphs.normProgram,
  normVjp: graphs.normVjpProgram,
  place: graphs.placeProgram,
  products: graphs.productsProgram,
  cut: graphs.cutProgram,
  add: graphs.addProgram,
  scale: graphs.scaleProgram,
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

  layer(adapters: ReadonlySet<Projection>, options: ForwardOptions): Program {
    const key = `layer ${options.cache} ${options.invariant} ${[...adapters].join(' ')}`;
    return this.#named(key, () => graphs.layerProgram(this.#config, { adapters, ...options }));
  }

  saving(adapters: ReadonlySet<Projection>): Program {
    return this.#named(`saving ${[...adapters].join(' ')}`, () =>
      graphs.savingProgram(this.#config, { adapters }),
    );
  }

  backward(adapters: ReadonlySet<Projection>, wanted: Wanted, recompute: boolean): Program {
    const key = `backward ${wanted} ${recompute} ${[...adapters].join(' ')}`;
    const options = { adapters, wanted, recompute };
    return this.#named(key, () => graphs.backwardProgram(this.#config, options));
  }

  logProbsVjp(weights: boolean): Program {
    return this.#named(`logProbsVjp ${weights}`, () => graphs.logProbsVjpProgram(this.#config, { weights }));
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
