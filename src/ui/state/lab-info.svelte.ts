/** @file What the page knows of the lab: methods, models, behavior sets, the device. Asked for once. */
import { createContext } from 'svelte';
import type { Behavior } from '../../core/behavior.ts';
import type { Failure } from '../../core/errors.ts';
import type { Catalogue, EvaluatorCard } from '../../lab/plan/catalogue.ts';
import { findModel } from '../../lab/plan/find-models.ts';
import { undefended, type Plan } from '../../lab/plan/plan.ts';
import type { DeviceInfo } from '../../lab/records/run.ts';
import { plural } from '../format.ts';
import { labTexts, withLabTexts } from '../language/lab-texts.ts';
import type { AnyCard, ModelEntry, ModelTask } from '../types.ts';
import type { LabClient } from '../../lab/worker/lab-client.ts';
import type { PreferenceStore } from '../frame/preference.svelte.ts';
import { addedNames, type AddedNames } from './added-names.ts';

export class LabInfo {
  catalogue = $state.raw<Catalogue | null>(null);
  device = $state.raw<DeviceInfo | null>(null);
  /** Whether runs outlive the page. */
  persistent = $state(true);
  /** The plan behind the big button. */
  quickstart = $state.raw<Plan | null>(null);
  failure = $state.raw<Failure | null>(null);
  deviceFailure = $state.raw<Failure | null>(null);
  /** Models that the user named, beside those of the catalogue. */
  #added = $state.raw<readonly ModelEntry[]>([]);
  readonly models = $derived([...(this.catalogue?.models ?? []), ...this.#added]);
  /** Behaviors of the sets that were asked for, by set. */
  behaviors = $state.raw<Readonly<Record<string, readonly Behavior[]>>>({});
  readonly #cards: Readonly<Record<string, AnyCard>> = $derived(
    Object.fromEntries(
      [
        this.catalogue?.attacks,
        this.catalogue?.defenses,
        this.catalogue?.evaluators,
        this.catalogue?.finetunings,
      ]
        .flatMap((cards): readonly AnyCard[] => cards ?? [])
        .map((card) => [card.id, card]),
    ),
  );
  readonly #lab: Pick<LabClient, 'catalogue' | 'device' | 'behaviors' | 'useDevice' | 'storage'>;

  readonly #fetchQuickstart: () => Promise<Plan>;

  readonly #names: AddedNames;
  readonly #missingFiles: () => Promise<number>;

  /**
   * @param store remembers the addresses of models that were added; `null`: they last for this visit
   * @param missingFiles how many files of the app are not on this device yet
   */
  constructor(
    lab: Pick<LabClient, 'catalogue' | 'device' | 'behaviors' | 'useDevice' | 'storage'>,
    fetchQuickstart: () => Promise<Plan>,
    store: PreferenceStore | null = null,
    missingFiles: () => Promise<number> = async () => 0,
  ) {
    this.#missingFiles = missingFiles;
    [this.#lab, this.#fetchQuickstart, this.#names] = [lab, fetchQuickstart, addedNames(store)];
  }

  /** Ask the lab. A lab that does not start leaves a failure to show. */
  open = async (): Promise<void> => {
    this.failure = null;
    try {
      [, this.device, this.quickstart] = await Promise.all([
        this.refreshCatalogue(),
        this.#lab.device(),
        this.#fetchQuickstart(),
      ]);
      this.#added = this.#names.read().map(({ id, task }) => findModel({ models: [], hub: [] }, id, task));
      const storage = await this.#lab.storage();
      this.persistent = storage.status === 'done' && storage.value.persistent;
    } catch (error) {
      const missing = await this.#missingFiles();
      this.failure = {
        status: 'failed',
        code: 'worker-died',
        message: `The lab did not start: ${error instanceof Error ? error.message : String(error)}`,
        advice:
          missing === 0
            ? 'Reload the page. If that does not help, try a current version of your browser.'
            : `${plural(missing, ['# file', '# files'])} of the app are not on this device yet: without them it needs the network. Connect and reload; the page Ledger says when it is ready offline.`,
      };
    }
  };

  /** Fetch a behavior set unless it is here already. */
  want = async (set: string): Promise<void> => {
    if (this.behaviors[set]) return;
    const outcome = await this.#lab.behaviors(set);
    if (outcome.status === 'done') this.behaviors = { ...this.behaviors, [set]: outcome.value };
    else if (outcome.status === 'failed') this.failure = outcome;
  };

  /** A set was deleted: another may take its name. */
  forgetBehaviors = (set: string): void => {
    const { [set]: _, ...others } = this.behaviors;
    this.behaviors = others;
  };

  card = (id: string): AnyCard | null =>
    (Object.hasOwn(this.#cards, id) ? this.#cards[id] : undefined) ?? null;
  isListed = (id: string): boolean => this.card(id) !== null;
  stageOf = (id: string): AnyCard['stage'] => this.card(id)?.stage;
  /** What an evaluator measures; `null` for one that is not listed. */
  measuresOf = (id: string): EvaluatorCard['measures'] | null =>
    this.catalogue?.evaluators.find((card) => card.id === id)?.measures ?? null;

  /** The title of a method, of a stack of methods, or of the undefended model. */
  name = (id: string): string => {
    if (id === undefended) return 'No defense';
    return (
      this.card(id)?.title ??
      id
        .split('+')
        .map((part) => this.card(part)?.title ?? part)
        .join(' + ')
    );
  };
  modelName = (id: string): string => this.models.find((model) => model.id === id)?.title ?? id;

  /** Ask again which models and behavior sets there are: one was imported, renamed or deleted. */
  refreshCatalogue = async (): Promise<void> => {
    const [catalogue, texts] = await Promise.all([this.#lab.catalogue(), labTexts()]);
    this.catalogue = withLabTexts(catalogue, texts);
  };

  /**
   * The model with this name or address. One at an address is listed and remembered, one behind a server is listed as
   * long as the page lasts, and one of a hub once it is stored.
   * @throws LabError 'unknown-model' with advice
   */
  addModel = (name: string, task: ModelTask = 'text-generation'): ModelEntry => {
    const entry = findModel({ models: this.models, hub: this.catalogue?.hub ?? [] }, name, task);
    const { kind } = entry.source;
    if ((kind !== 'url' && kind !== 'endpoint') || this.models.includes(entry)) return entry;
    this.#added = [...this.#added, entry];
    this.#names.write(atAddresses(this.#added));
    return entry;
  };

  /** Take a model that was added by its address off the list. */
  forgetModel = (id: string): void => {
    this.#added = this.#added.filter((entry) => entry.id !== id);
    this.#names.write(atAddresses(this.#added));
  };

  /** Compute on another device from now on; where that fails, everything stays as it was. */
  useDevice = async (kind: DeviceInfo['kind']): Promise<void> => {
    const outcome = await this.#lab.useDevice(kind);
    this.deviceFailure = outcome.status === 'failed' ? outcome : null;
    this.device = await this.#lab.device();
  };
}

const atAddresses = (models: readonly ModelEntry[]) => models.filter(({ source }) => source.kind === 'url');

export const [getLabInfo, setLabInfo] = createContext<LabInfo>();

export const [getLab, setLab] = createContext<LabClient>();
