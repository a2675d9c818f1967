/** @file Whether each model will run on this device, worked out from what browser and lab say of it. */
import { createContext } from 'svelte';
import { fitOfEntry, type DeviceFacts, type ModelFit } from '../../lab/plan/model-fit.ts';
import { findModel } from '../../lab/plan/find-models.ts';
import type { LabInfo } from '../state/lab-info.svelte.ts';
import type { Device } from './device.svelte.ts';
import type { KnownModel } from './known-list.ts';
import type { StoredModels } from './stored-models.svelte.ts';

/** From the best to the worst. */
// @wc-ignore
const order = ['will run', 'will be slow', null, 'will not run'] as const;

export class Fits {
  readonly #labInfo: Pick<LabInfo, 'catalogue' | 'device' | 'models'>;
  readonly #device: Pick<Device, 'capabilities'>;
  readonly #stored: Pick<StoredModels, 'stored'>;
  readonly #facts: DeviceFacts | null = $derived.by(() => {
    const { capabilities } = this.#device;
    return capabilities && { ...capabilities, kind: this.#labInfo.device?.kind ?? 'wasm' };
  });

  constructor(
    labInfo: Pick<LabInfo, 'catalogue' | 'device' | 'models'>,
    device: Pick<Device, 'capabilities'>,
    stored: Pick<StoredModels, 'stored'>,
  ) {
    [this.#labInfo, this.#device, this.#stored] = [labInfo, device, stored];
  }

  /** A build of web-llm is listed on WebGPU only; every other model of the catalogue can be named anywhere. */
  isListed = (id: string): boolean =>
    id.includes('/') || this.#labInfo.models.some((model) => model.id === id);

  /** `null` until device and lab have answered, and for a model that is not listed. */
  of = (id: string): ModelFit | null => {
    const { catalogue, models } = this.#labInfo;
    if (!catalogue || !this.#facts || !this.isListed(id)) return null;
    const entry = findModel({ models, hub: catalogue.hub }, id);
    return fitOfEntry(entry, { ...catalogue, models }, this.#facts, this.#stored.stored[id] ?? false);
  };

  /** That of the build which fits best. */
  bestOf = ({ offers }: KnownModel): ModelFit | null => {
    const fits = offers.flatMap(({ entryId }) => (entryId === null ? [] : (this.of(entryId) ?? [])));
    return fits.toSorted((a, b) => order.indexOf(a.verdict) - order.indexOf(b.verdict))[0] ?? null;
  };
}

export const [getFits, setFits] = createContext<Fits>();
