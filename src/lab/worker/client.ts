/**
 * @file The page's side of the lab: an ordinary typed object in front of a worker that may be stopped, replaced, or
 * die. A call that is pending when its worker ends becomes an outcome; the next call starts a fresh worker.
 */
import { proxy } from 'comlink';
import type { AttackStep } from '../../attacks/attack.ts';
import { outcomeOf, type Outcome } from '../../core/errors.ts';
import type { ModelTask } from '../../models/catalog.ts';
import type { EndpointSettings, Send } from '../../models/endpoint.ts';
import type { HubProgress } from '../../models/hub/files.ts';
import type { ImportOptions } from '../../models/import/import-checkpoint.ts';
import type { ImportProgress } from '../../models/import/progress.ts';
import type { PrecisionWish } from '../../models/precision.ts';
import type { TokenTrace } from '../../models/decoding/policy.ts';
import type { HubModelFiles } from '../models/hub-models.ts';
import { parsePlan, type Plan } from '../plan/plan.ts';
import type { AttackRequest, ChatRequest } from '../plan/request.ts';
import type { LoadProgress, RunEvent } from '../records/events.ts';
import type { ImportedModel, StoredModel } from '../records/stored-model.ts';
import type { FileChoices, FileReport, SetImport, SetProgress } from '../records/stored-set.ts';
import type { AttackReply, ChatReply } from '../records/reply.ts';
import { runIdOf } from '../records/run-id.ts';
import type { DeviceKind } from '../records/run.ts';
import type { TrialRecord } from '../records/trial.ts';
import type { WorkersWish } from '../run/pool-size.ts';
import type { Keep } from '../run/run-plan.ts';
import type { ReplaySource } from '../trials/replay.ts';
import type { LabApi } from './api.ts';
import { createCalls } from './calls.ts';
import { connect, type Connection, type WorkerLike } from './connection.ts';
import { deferredWorker } from './deferred-worker.ts';
import { checkDevice, workerName } from './device.ts';
import workerUrl from '../../../workers/lab.worker.ts?worker&url';

interface Stoppable {
  readonly signal?: AbortSignal | undefined;
}

interface ReadingOptions extends Stoppable {
  readonly onProgress?: (progress: SetProgress) => void;
}

/** Pauses and resumes one attack. Does nothing once the attack has ended. */
export interface AttackControls {
  /** Resolves to true when the attack has stopped at a step, and to false if it ends or is resumed before. */
  pause(): Promise<boolean>;
  resume(): void;
}

/** As `LabApi`, with an abort signal in place of a call id. Callbacks are never called after the outcome. */
export interface LabClient extends Pick<
  LabApi,
  | 'device'
  | 'storage'
  | 'catalogue'
  | 'behaviors'
  | 'mutate'
  | 'runs'
  | 'plan'
  | 'outline'
  | 'overview'
  | 'cell'
  | 'trial'
  | 'exported'
  | 'artifacts'
  | 'checkArtifact'
  | 'inMemory'
  | 'inMemoryLines'
  | 'remove'
  | 'computing'
  | 'storedSets'
  | 'renameSet'
  | 'exportSet'
  | 'removeSet'
  | 'storedModels'
  | 'verifyModel'
  | 'renameModel'
  | 'pinModel'
  | 'exportModel'
  | 'removeModel'
> {
  load(
    model: string,
    options?: Stoppable & {
      /** What a model outside the catalogue does. Default: it writes text. */
      readonly task?: ModelTask;
      readonly onProgress?: (progress: LoadProgress) => void;
    },
  ): Promise<Outcome<void>>;
  /** Store a model that the user brought, unless it is stored. Nothing is stored when it fails or is cancelled. */
  importModel(
    files: ReadonlyMap<string, Blob>,
    options?: Stoppable & {
      readonly dtype?: ImportOptions['dtype'];
      /** Store its matrices in four bits too. Default: as the lab advises for this device. */
      readonly fourBit?: boolean | undefined;
      readonly onProgress?: (progress: ImportProgress) => void;
    },
  ): Promise<Outcome<ImportedModel>>;
  /** What a file of behaviors holds, read as `choices` say; nothing is stored. */
  readSet(file: File, choices: FileChoices, options?: ReadingOptions): Promise<Outcome<FileReport>>;
  /** Store the behaviors of a file as a set, unless a set with the same content is stored. */
  importSet(
    file: File,
    set: { readonly title: string; readonly choices: FileChoices },
    options?: ReadingOptions,
  ): Promise<Outcome<SetImport>>;
  /** Download files of a hub's model through the airlock, which has to be open for them. */
  downloadHubModel(
    files: HubModelFiles,
    options?: Stoppable & { readonly onProgress?: (progress: HubProgress) => void },
  ): Promise<Outcome<void>>;
  /** Store a model that was downloaded; its downloaded files are dropped then. */
  importHubModel(
    files: HubModelFiles,
    options?: Stoppable & { readonly onProgress?: (progress: ImportProgress) => void },
  ): Promise<Outcome<StoredModel>>;
  chat(
    request: ChatRequest,
    options?: Stoppable & {
      readonly onToken?: (token: TokenTrace, text: string) => void;
      readonly onStep?: (step: AttackStep) => void;
    },
  ): Promise<Outcome<ChatReply>>;
  attack(
    request: AttackRequest,
    options?: Stoppable & {
      readonly onStep?: (step: AttackStep) => void;
      /** Called at once with the controls of this attack. */
      readonly onBegin?: (controls: AttackControls) => void;
    },
  ): Promise<Outcome<AttackReply>>;
  /** Run a plan, or go on with it: finished trials of the same plan on the same kind of device are kept. */
  run(
    plan: unknown,
    options?: Stoppable & {
      readonly onEvents?: (events: readonly RunEvent[]) => void;
      /** For a plan with `replay`: trials whose attack results are put to its targets. */
      readonly sources?: readonly ReplaySource[];
      /** For trials that are kept outside of the browser. Default: the browser keeps them. */
      readonly keep?: Keep;
    },
  ): Promise<Outcome<void>>;
  /** Store finished trials of an earlier run. @returns how many were new */
  restore(plan: unknown, records: readonly TrialRecord[]): Promise<Outcome<number>>;
  /** The id under which `run` stores this plan. */
  runId(plan: Plan): Promise<string>;
  /**
   * End the worker and start the next one on this device; what was loaded is loaded again when needed.
   * Pending calls are cancelled. Fails with 'no-webgpu' and changes nothing where there is no adapter.
   */
  useDevice(kind: DeviceKind): Promise<Outcome<void>>;
  /**
   * End the worker, and say to the next ones which servers models named `endpoint:…` are behind. Nothing of it is stored.
   * @param send carries the requests; default: the worker sends them itself
   * @returns the ids of the models that the servers list; fails with 'not-supported' in the sealed build
   */
  connect(settings: readonly EndpointSettings[], send?: Send): Promise<Outcome<readonly string[]>>;
  /**
   * What models that the lab imported are computed in from now on, where they and the device can. Ends the worker, if this
   * is a change.
   */
  usePrecision(wish: PrecisionWish): void;
  /** How many workers compute a run of small models, from the next run on. */
  useWorkers(wish: WorkersWish): void;
  /** What `useWorkers` was told last. Default: 1, which leaves the other cores to the page. */
  workers(): WorkersWish;
  /** What `usePrecision` was told last. Default: `'auto'`. */
  precision(): PrecisionWish;
  /** End the worker, which gives back its memory. Pending calls are cancelled; the next call starts a fresh one. */
  endWorker(): void;
}

export interface ClientOptions {
  /** Default: WASM. Ask for WebGPU through `useDevice`, which checks for an adapter first. */
  readonly device?: DeviceKind;
  readonly startWorker?: (name: string) => WorkerLike;
  /** Resolves when a worker with this script may start, and rejects if it must not. Default: at once. */
  readonly mayStart?: (scriptUrl: string) => Promise<void>;
  /** How long a stopped call may take to reach its next step before its worker is ended. */
  readonly stopWithinMs?: number;
}

export function createLabClient({
  device = 'wasm',
  mayStart = () => Promise.resolve(),
  startWorker = (name) =>
    deferredWorker(mayStart(workerUrl), () => new Worker(workerUrl, { type: 'module', name })),
  stopWithinMs = 15_000,
}: ClientOptions = {}): LabClient {
  let kind = device;
  let precision: PrecisionWish = 'auto';
  let workers: WorkersWish = 1;
  let calls = 0;
  let endpoints: { readonly settings: readonly EndpointSettings[]; readonly send?: Send | undefined } | null =
    null;

  const { ask, read, stoppable, endWorker } = createCalls(() => {
    const fresh = connect(startWorker(workerName(kind)));
    // Calls that follow are taken after these.
    if (precision !== 'auto') void fresh.lab.usePrecision(precision).catch(() => {});
    void fresh.lab.useWorkers(workers).catch(() => {});
    if (endpoints)
      void fresh.lab
        .connect(endpoints.settings, endpoints.send ? proxy(endpoints.send) : null)
        .catch(() => {});
    return fresh;
  }, stopWithinMs);
  const controlsOf = (callId: string, { lab, ended }: Connection): AttackControls => ({
    pause: () => Promise.race([ended.then(() => false), lab.pause(callId)]),
    resume: () => void lab.resume(callId),
  });
  const nextCall = () => `call-${calls++}`;
  // The processor computes in one precision, whatever is asked for.
  const runId = (plan: Plan) => runIdOf(plan, kind, kind === 'webgpu' ? precision : 'auto');
  const named = (input: unknown) =>
    outcomeOf(async () => {
      const plan = parsePlan(input);
      return { id: await runId(plan), plan };
    });

  return {
    device: () => read((lab) => lab.device()),
    catalogue: () => read((lab) => lab.catalogue()),
    storage: () => ask((lab) => lab.storage()),
    behaviors: (set) => ask((lab) => lab.behaviors(set)),
    mutate: (request, set) => ask((lab) => lab.mutate(request, set)),
    runs: () => ask((lab) => lab.runs()),
    plan: (id) => ask((lab) => lab.plan(id)),
    outline: (id) => ask((lab) => lab.outline(id)),
    overview: (id) => ask((lab) => lab.overview(id)),
    cell: (id, query) => ask((lab) => lab.cell(id, query)),
    trial: (id, key) => ask((lab) => lab.trial(id, key)),
    exported: (id, format, options) => ask((lab) => lab.exported(id, format, options)),
    artifacts: (id) => ask((lab) => lab.artifacts(id)),
    checkArtifact: (defense, artifact) => ask((lab) => lab.checkArtifact(defense, artifact)),
    inMemory: (id) => ask((lab) => lab.inMemory(id)),
    inMemoryLines: (id) => ask((lab) => lab.inMemoryLines(id)),
    remove: (id) => ask((lab) => lab.remove(id)),
    computing: () => read((lab) => lab.computing()),
    storedSets: () => ask((lab) => lab.storedSets()),
    renameSet: (id, title) => ask((lab) => lab.renameSet(id, title)),
    exportSet: (id) => ask((lab) => lab.exportSet(id)),
    removeSet: (id) => ask((lab) => lab.removeSet(id)),
    readSet(file, choices, { signal, onProgress } = {}) {
      const id = nextCall();
      return stoppable(id, signal, (lab, listen) =>
        lab.readSet(id, file, file.name, choices, listen(onProgress)),
      );
    },
    importSet(file, set, { signal, onProgress } = {}) {
      const id = nextCall();
      return stoppable(id, signal, (lab, listen) =>
        lab.importSet(id, file, file.name, set, listen(onProgress)),
      );
    },
    storedModels: () => ask((lab) => lab.storedModels()),
    verifyModel: (id) => ask((lab) => lab.verifyModel(id)),
    renameModel: (id, title) => ask((lab) => lab.renameModel(id, title)),
    pinModel: (id, pinned) => ask((lab) => lab.pinModel(id, pinned)),
    exportModel: (id) => ask((lab) => lab.exportModel(id)),
    removeModel: (id) => ask((lab) => lab.removeModel(id)),
    importModel(files, { signal, dtype, fourBit, onProgress } = {}) {
      const id = nextCall();
      return stoppable(id, signal, (lab, listen) =>
        lab.importModel(id, files, dtype, listen(onProgress), fourBit),
      );
    },
    downloadHubModel(files, { signal, onProgress } = {}) {
      const id = nextCall();
      return stoppable(id, signal, (lab, listen) => lab.downloadHubModel(id, files, listen(onProgress)));
    },
    importHubModel(files, { signal, onProgress } = {}) {
      const id = nextCall();
      return stoppable(id, signal, (lab, listen) => lab.importHubModel(id, files, listen(onProgress)));
    },
    load(model, { signal, task = 'text-generation', onProgress } = {}) {
      const id = nextCall();
      return stoppable(id, signal, (lab, listen) => lab.load(id, model, task, listen(onProgress)));
    },
    chat(request, { signal, onToken, onStep } = {}) {
      const id = nextCall();
      return stoppable(id, signal, (lab, listen) => lab.chat(id, request, listen(onToken), listen(onStep)));
    },
    attack(request, { signal, onStep, onBegin } = {}) {
      const id = nextCall();
      return stoppable(id, signal, (lab, listen, at) => {
        const outcome = lab.attack(id, request, listen(onStep));
        onBegin?.(controlsOf(id, at));
        return outcome;
      });
    },
    async run(input, { signal, onEvents, sources = [], keep } = {}) {
      const parsed = await named(input);
      if (parsed.status !== 'done') return parsed;
      const { id, plan } = parsed.value;
      return stoppable(id, signal, (lab, listen) => {
        const events = listen(onEvents);
        if (!keep) return lab.run(id, plan, events, sources);
        const { append, trial } = keep.keeper;
        return lab.runKept(id, plan, events, sources, keep.places, proxy(append), proxy(trial));
      });
    },
    async restore(input, records) {
      const parsed = await named(input);
      if (parsed.status !== 'done') return parsed;
      const { id, plan } = parsed.value;
      return ask((lab) => lab.restore(id, plan, records));
    },
    runId,
    useDevice: (wanted) =>
      outcomeOf(async () => {
        await checkDevice(wanted);
        if (wanted === kind) return;
        endWorker();
        kind = wanted;
      }),
    connect(settings, send) {
      endWorker();
      endpoints = { settings, send };
      return ask((lab) => lab.endpointModels());
    },
    usePrecision(wish) {
      if (wish === precision) return;
      endWorker();
      precision = wish;
    },
    precision: () => precision,
    useWorkers(wish) {
      workers = wish;
      void read((lab) => lab.useWorkers(wish)).catch(() => {}); // a worker that ended is told when it starts again
    },
    workers: () => workers,
    endWorker,
  };
}
