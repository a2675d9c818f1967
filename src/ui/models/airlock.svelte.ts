/** @file The airlock as the user meets it: whom to ask, then which files and how much, each time yes or no. */
import { createContext } from 'svelte';
import { failure, type Failure } from '../../core/errors.ts';
import {
  askForFiles,
  hostsOf,
  hubNameOf,
  mirrorInUse,
  storedOnDevice,
  throughAirlock,
  type BegunDownload,
  type Offer,
} from '../../lab/seal/page-airlock.ts';
import type { Ledger } from '../state/ledger.svelte.ts';
import type { ModelLoads } from '../state/model-loads.svelte.ts';
import type { ModelEntry, ModelTask } from '../types.ts';
import type { HubDownload, HubModelFiles } from './hub-download.svelte.ts';

export interface AirlockQuestion {
  readonly model: ModelEntry;
  readonly hosts: readonly string[];
  /** `null` until the hosts have been asked for their lists of files. */
  readonly offers: readonly Offer[] | null;
}

export interface AirlockParts {
  readonly modelLoads: Pick<ModelLoads, 'load' | 'of'>;
  readonly downloads: Pick<HubDownload, 'download' | 'store' | 'cancel'>;
  readonly ledger: Pick<Ledger, 'refresh'>;
  readonly device: () => 'wasm' | 'webgpu';
}

export class Airlock {
  /** Waits for the user's answer; `null` when there is nothing to decide. */
  question = $state.raw<AirlockQuestion | null>(null);
  /** Whether the hosts are being asked for their lists. */
  asking = $state(false);
  /** How long a host asked to wait before it is asked again, in milliseconds. */
  waitMs = $state<number | null>(null);
  failure = $state.raw<Failure | null>(null);
  readonly #parts: AirlockParts;
  #controller: AbortController | null = null;
  /** Settles when the last opening has been closed. */
  #ended: Promise<unknown> = Promise.resolve();

  constructor(parts: AirlockParts) {
    this.#parts = parts;
  }

  /** Load a model; one that comes from outside is asked about first, unless it is on this device. */
  load = async (model: ModelEntry): Promise<void> => {
    this.failure = null;
    // A stored model may be called by its repository; it is loaded as itself.
    if (model.source.kind === 'stored') return this.#parts.modelLoads.load(model.source.folder, model.task);
    const hosts = hostsOf(model);
    // Files of a hub's model become a stored model, which is another entry; an engine keeps its own.
    const [stored] = hosts.length === 0 ? [true] : await storedOnDevice([model]);
    if (stored && model.source.kind !== 'hub') return this.#parts.modelLoads.load(model.id, model.task);
    this.question = { model, hosts: await this.#named(hosts), offers: null };
  };

  refuse = (): void => {
    this.#controller?.abort();
    this.question = null;
  };

  /** Ask the hosts for their lists of files. */
  ask = async (): Promise<void> => {
    const { question } = this;
    if (!question || this.asking) return;
    const controller = (this.#controller = new AbortController());
    this.asking = true;
    const offers = await this.#orFailure(() =>
      askForFiles(question.model, this.#parts.device(), {
        signal: controller.signal,
        onWait: (ms) => (this.waitMs = ms),
      }),
    );
    [this.asking, this.waitMs] = [false, null];
    // The user may have turned away meanwhile.
    if (this.question === question) this.question = offers ? { ...question, offers } : null;
    await this.#parts.ledger.refresh();
  };

  /** Open the airlock for what was shown, fetch it, and close it again whatever happens; then load the model. */
  agree = async (): Promise<void> => {
    if (!this.question?.offers) return;
    const { model, offers } = this.question;
    [this.question, this.failure] = [null, null];
    const [offer] = offers;
    if (model.source.kind === 'hub' && offer && offer.how !== 'engine')
      return this.#bring(filesOf(hubNameOf(model.source), model.task, offer, offer.how));
    const { modelLoads } = this.#parts;
    const files = offers.map(({ folder, commit, files: own }) => ({
      folder,
      commit,
      paths: own.map(({ path }) => path),
    }));
    await this.#through({ model: model.id, files }, async () => {
      await modelLoads.load(model.id, model.task);
      return modelLoads.of(model.id).status === 'ready';
    });
  };

  /** Go on with a download that was cut off. */
  resume = async (begun: BegunDownload): Promise<void> => {
    this.failure = null;
    await this.#bring(begunFiles(begun));
  };

  async #bring(agreed: Omit<HubModelFiles, 'mirror'>): Promise<void> {
    const { downloads, modelLoads } = this.#parts;
    // One download at a time: the one under way ends, and closes its airlock, before this one opens its own.
    downloads.cancel();
    const files = { ...agreed, mirror: await mirrorInUse() };
    let whole = false;
    await this.#through(
      { model: files.name, files: [files] },
      async () => (whole = await downloads.download(files)),
    );
    const stored = whole ? await downloads.store(files) : null;
    if (stored) await modelLoads.load(stored.id, stored.task);
  }

  async #through(...[request, work]: Parameters<typeof throughAirlock>): Promise<void> {
    const { ledger } = this.#parts;
    await this.#orFailure(async () => {
      const ended = this.#ended.then(() =>
        throughAirlock(request, () => {
          void ledger.refresh();
          return work();
        }),
      );
      this.#ended = ended.catch(() => {});
      await ended;
    });
    await ledger.refresh();
  }

  /** With the mirror in place of the hub. */
  async #named(hosts: readonly string[]): Promise<readonly string[]> {
    const mirror = await mirrorInUse();
    return hosts.map((host) =>
      host === 'huggingface.co' && mirror ? `${mirror} (mirror of ${host})` : host,
    );
  }

  async #orFailure<T>(work: () => Promise<T>): Promise<T | null> {
    try {
      return await work();
    } catch (error) {
      const outcome = failure(error);
      if (outcome.status === 'failed') this.failure = outcome;
      return null;
    }
  }
}

const filesOf = (
  name: string,
  task: ModelTask,
  { folder, commit, files }: Offer,
  how: HubModelFiles['how'],
): Omit<HubModelFiles, 'mirror'> => ({
  name,
  task,
  folder,
  commit,
  how,
  paths: files.map(({ path }) => path),
});

function begunFiles({
  repository: { repo },
  folder,
  commit,
  paths,
  name,
  task,
}: BegunDownload): Omit<HubModelFiles, 'mirror'> {
  // Downloads of earlier versions say neither name nor task.
  const file = paths.find((path) => path.endsWith('.gguf'));
  return {
    name: name ?? (file === undefined ? repo : `${repo}:${file}`),
    folder,
    commit,
    paths,
    how: paths.some((path) => path.endsWith('.onnx')) ? 'keep' : 'import',
    task: task ?? 'text-generation',
  };
}

export const [getAirlock, setAirlock] = createContext<Airlock>();
