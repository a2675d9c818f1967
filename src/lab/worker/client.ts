/**
 * @file The page's side of the lab: an ordinary typed object in front of a worker that may be stopped, replaced, or
 * die. A call that is pending when its worker ends becomes an outcome; the next call starts a fresh worker.
 */
import { proxy } from 'comlink';
import { outcomeOf } from '../../core/errors.ts';
import type { EndpointSettings, Send } from '../../models/endpoint.ts';
import type { PrecisionWish } from '../../models/precision.ts';
import { parsePlan, type Plan } from '../plan/plan.ts';
import { runIdOf } from '../records/run-id.ts';
import type { DeviceKind } from '../records/run.ts';
import type { WorkersWish } from '../run/pool-size.ts';
import { createCalls } from './calls.ts';
import { connect, type Connection, type WorkerLike } from './connection.ts';
import { deferredWorker } from './deferred-worker.ts';
import { checkDevice, workerName } from './device.ts';
import type { AttackControls, LabClient } from './lab-client.ts';
import workerUrl from '../../../workers/lab.worker.ts?worker&url';

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
    label: (id, key, label) => ask((lab) => lab.label(id, key, label)),
    exported: (id, format, options) => ask((lab) => lab.exported(id, format, options)),
    inFormat: (id, format) => ask((lab) => lab.inFormat(id, format)),
    bundle: (id) => ask((lab) => lab.bundle(id)),
    openBundle(file, { signal } = {}) {
      const id = nextCall();
      return stoppable(id, signal, (lab) => lab.openBundle(id, file));
    },
    artifacts: (id) => ask((lab) => lab.artifacts(id)),
    checkArtifact: (defense, artifact) => ask((lab) => lab.checkArtifact(defense, artifact)),
    inMemory: (id) => ask((lab) => lab.inMemory(id)),
    inMemoryLines: (id) => ask((lab) => lab.inMemoryLines(id)),
    remove: (id) => ask((lab) => lab.remove(id)),
    computing: () => read((lab) => lab.computing()),
    trainings: () => ask((lab) => lab.trainings()),
    trainingPlan: (id) => ask((lab) => lab.trainingPlan(id)),
    trainingEvents: (id) => ask((lab) => lab.trainingEvents(id)),
    exportTrained: (id) => ask((lab) => lab.exportTrained(id)),
    removeTraining: (id) => ask((lab) => lab.removeTraining(id)),
    train(plan, { signal, at, onEvents, folder } = {}) {
      const id = nextCall();
      return stoppable(id, signal, (lab, listen) =>
        lab.train(id, plan, listen(onEvents), { at }, ...(folder ? [proxy(folder)] : [])),
      );
    },
    estimateTraining(plan, { signal } = {}) {
      const id = nextCall();
      return stoppable(id, signal, (lab) => lab.estimateTraining(id, plan));
    },
    readTrainingData(file, choices, { model = null, signal, onProgress } = {}) {
      const id = nextCall();
      return stoppable(id, signal, (lab, listen) =>
        lab.readTrainingData(id, file, file.name, choices, model, listen(onProgress)),
      );
    },
    keepTrained(training, title, { signal } = {}) {
      const id = nextCall();
      return stoppable(id, signal, (lab) => lab.keepTrained(id, training, title));
    },
    insight(request, { signal, onProgress } = {}) {
      const id = nextCall();
      return stoppable(id, signal, (lab, listen) => lab.insight(id, request, listen(onProgress)));
    },
    relearning(request, { signal, onEvent } = {}) {
      const id = nextCall();
      return stoppable(id, signal, (lab, listen) => lab.relearning(id, request, listen(onEvent)));
    },
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
    async run(input, { signal, onEvents, sources = [], keep, part } = {}) {
      const parsed = await named(input);
      if (parsed.status !== 'done') return parsed;
      const { id, plan } = parsed.value;
      return stoppable(id, signal, (lab, listen) => {
        const events = listen(onEvents);
        if (!keep) return lab.run(id, plan, events, sources, part);
        const { append, trial } = keep.keeper;
        return lab.runKept(id, plan, events, sources, keep.places, proxy(append), proxy(trial));
      });
    },
    estimate(plan, { signal, times = 'small' } = {}) {
      const id = nextCall();
      return stoppable(id, signal, (lab) => lab.estimate(id, plan, times));
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
