/**
 * @file What a trainer changes: arrays on the device with their moments, under their names. Where the processor cannot
 * reach the device's memory, a copy of the values is kept beside it.
 */
import type { ArrayDevice, DeviceArray } from '../../arrays/array-device.ts';
import type { Tensor, TrainerOptions } from '../../language-model.ts';
import type { Tensors } from '../../safetensors.ts';
import { relaid } from './layout.ts';
import { adamw, type Parameter } from './adamw.ts';

interface Entry {
  /** On the device. */
  readonly shape: readonly number[];
  readonly array: DeviceArray;
  readonly mirror: Float32Array | null;
  readonly first: Float32Array;
  readonly second: Float32Array;
}

export class Parameters {
  readonly #device: ArrayDevice;
  readonly #entries = new Map<string, Entry>();

  /** Copies `tensors` to the device. */
  constructor(device: ArrayDevice, tensors: Tensors) {
    this.#device = device;
    for (const [name, tensor] of tensors) {
      const { shape, data } = relaid(name, tensor);
      const array = device.upload(shape, data);
      const mirror = device.view(array) ? null : data.slice();
      const moments = { first: new Float32Array(data.length), second: new Float32Array(data.length) };
      this.#entries.set(name, { shape, array, mirror, ...moments });
    }
  }

  /** On the device, by name. They stay the same arrays for as long as this lives. */
  get arrays(): ReadonlyMap<string, DeviceArray> {
    return new Map([...this.#entries].map(([name, { array }]) => [name, array]));
  }

  /** @returns the norm of all gradients together, before clipping */
  update(
    gradients: ReadonlyMap<string, Float32Array>,
    at: { readonly learningRate: number; readonly step: number },
    options: TrainerOptions,
  ): number {
    const parameters = [...this.#entries].map(([name, entry]): Parameter => {
      const { first, second, shape } = entry;
      return {
        ...{ first, second },
        values: this.#values(entry),
        gradient: gradients.get(name)!,
        decays: shape.length > 1,
      };
    });
    const norm = adamw(parameters, at, options);
    for (const { array, mirror } of this.#entries.values()) if (mirror) this.#device.write(array, mirror);
    return norm;
  }

  values(): Tensors {
    return this.#copies((entry) => this.#values(entry));
  }

  moments(): { readonly first: Tensors; readonly second: Tensors } {
    return { first: this.#copies(({ first }) => first), second: this.#copies(({ second }) => second) };
  }

  /** @param sets with the names and shapes of these parameters */
  restore(sets: { readonly values: Tensors; readonly first: Tensors; readonly second: Tensors }): void {
    for (const [name, entry] of this.#entries) {
      const onDevice = (set: Tensors) => relaid(name, set.get(name)!).data;
      const values = onDevice(sets.values);
      entry.mirror?.set(values);
      this.#device.write(entry.array, values);
      entry.first.set(onDevice(sets.first));
      entry.second.set(onDevice(sets.second));
    }
  }

  dispose(): void {
    for (const { array } of this.#entries.values()) array.dispose();
    this.#entries.clear();
  }

  #values({ array, mirror }: Entry): Float32Array {
    return mirror ?? this.#device.view(array)!;
  }

  #copies(of: (entry: Entry) => Float32Array): Tensors {
    return new Map(
      [...this.#entries].map(([name, entry]): [string, Tensor] => [
        name,
        relaid(name, { shape: entry.shape, data: of(entry).slice() }),
      ]),
    );
  }
}
