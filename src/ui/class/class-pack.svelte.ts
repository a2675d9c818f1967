/** @file One class pack at a time: what goes into it, and how far it is. */
import { failure, LabError, type Failure, type Outcome } from '../../core/errors.ts';
import type { Plan } from '../../lab/plan/plan.ts';
import { classFile, type ClassContents } from '../../lab/records/class-contents.ts';
import { appFiles, writePack, type PackPart } from '../../lab/seal/page-pack.ts';
import type { LabClient } from '../../lab/worker/lab-client.ts';
import { saveBlob } from '../files.ts';
import { pageState } from '../state/page-state.svelte.ts';

export interface PackModel {
  readonly id: string;
  readonly title: string;
  readonly bytes: number;
}
/** Of a stored run, or of a file. */
export interface PackPlan {
  readonly name: string;
  readonly plan: () => Promise<Plan>;
}

const packName = 'glovebox-class.zip';
type SavePicker = (options: { readonly suggestedName: string }) => Promise<{
  createWritable(): Promise<WritableStream<Uint8Array>>;
}>;

export interface PackHost {
  readonly appFiles: typeof appFiles;
  /** Ends when a service worker is in charge of the page: on a first visit that takes a moment. */
  readonly controlled: () => Promise<unknown>;
  readonly fetch: (path: string) => Promise<Response>;
  /** Asks where to save, where the browser can write to the disk as it goes. */
  readonly pick: SavePicker | null;
  readonly save: typeof saveBlob;
}

const browser = (): PackHost => ({
  appFiles,
  controlled: async () => {
    const { serviceWorker } = navigator;
    if (!serviceWorker.controller)
      await new Promise((resolve) =>
        serviceWorker.addEventListener('controllerchange', resolve, { once: true }),
      );
  },
  fetch: (path) => fetch(new URL(path, document.baseURI), { cache: 'no-cache' }),
  pick: (window as { showSaveFilePicker?: SavePicker }).showSaveFilePicker?.bind(window) ?? null,
  save: saveBlob,
});

/** @throws LabError or DOMException "AbortError", as the outcome says */
export function valueOf<T>(outcome: Outcome<T>): T {
  if (outcome.status === 'done') return outcome.value;
  if (outcome.status === 'cancelled') throw new DOMException('Stopped.', 'AbortError');
  const { code, message, advice } = outcome;
  throw code === 'bug' ? new Error(message) : new LabError(code, message, { advice });
}

export class ClassPack {
  /** Of the app alone; `null` until it was asked. */
  appBytes = $state<number | null>(null);
  progress = $state.raw<{ readonly bytes: number; readonly total: number } | null>(null);
  failure = $state.raw<Failure | null>(null);
  isSaved = $state(false);
  readonly #lab: Pick<LabClient, 'exportModel'>;
  readonly #host: () => PackHost;
  #controller: AbortController | null = null;

  constructor(lab: Pick<LabClient, 'exportModel'>, host: () => PackHost = browser) {
    [this.#lab, this.#host] = [lab, host];
  }

  look = async (): Promise<void> => {
    try {
      await this.#host().controlled();
      this.appBytes = (await this.#host().appFiles()).reduce((sum, { bytes }) => sum + bytes, 0);
    } catch {
      // The size stays unknown; who saves the pack is told why that cannot be.
    }
  };

  save = async (models: readonly PackModel[], plans: readonly PackPlan[]): Promise<void> => {
    if (this.progress) return;
    const host = this.#host();
    const { signal } = (this.#controller = new AbortController());
    [this.failure, this.isSaved, this.progress] = [null, false, { bytes: 0, total: 0 }];
    try {
      const files = await host.appFiles();
      // Before anything that takes long: a browser opens this dialog only soon after a press.
      const target = await host.pick?.({ suggestedName: packName });
      const { contents, parts } = this.#parts(models, plans);
      const zip = await writePack({
        files,
        list: { path: classFile, text: `${JSON.stringify(contents, null, 2)}\n` },
        parts,
        into: (await target?.createWritable()) ?? null,
        fetch: host.fetch,
        signal,
        onProgress: (bytes, total) => (this.progress = { bytes, total }),
      });
      if (zip) host.save(packName, zip);
      this.isSaved = true;
    } catch (error) {
      this.#tell(error);
    } finally {
      this.progress = null;
    }
  };

  stop = (): void => this.#controller?.abort();

  #parts(models: readonly PackModel[], plans: readonly PackPlan[]) {
    const modelFile = (index: number) => `class/model-${index + 1}.zip`;
    const planFile = (index: number) => `class/plan-${index + 1}.json`;
    const contents: ClassContents = {
      ...{ format: 'glovebox-class', version: 1 },
      models: models.map(({ id, title, bytes }, at) => ({ id, title, file: modelFile(at), bytes })),
      plans: plans.map(({ name }, at) => ({ name, file: planFile(at) })),
    };
    const parts: readonly PackPart[] = [
      ...models.map(({ id, bytes }, at) => ({
        ...{ path: modelFile(at), bytes },
        content: async () => valueOf(await this.#lab.exportModel(id)),
      })),
      ...plans.map(({ plan }, at) => ({
        ...{ path: planFile(at), bytes: 0 },
        content: async () => new Blob([`${JSON.stringify(await plan(), null, 2)}\n`]),
      })),
    ];
    return { contents, parts };
  }

  #tell(error: unknown): void {
    const outcome = failure(error);
    this.failure = outcome.status === 'failed' ? outcome : null;
  }
}

export const getClassPack = pageState(({ lab }) => new ClassPack(lab));
