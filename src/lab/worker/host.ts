/** @file The worker's side of the lab. It uses no worker globals, so tests call it directly. */
import type { Behavior } from '../../core/behavior.ts';
import { LabError, outcomeOf, type Outcome } from '../../core/errors.ts';
import type { ModelEntry } from '../../models/catalog.ts';
import { turn } from '../../models/decoding/join.ts';
import { computeDeviceOf } from '../../models/compute-device.ts';
import type { EndpointSettings, Send } from '../../models/endpoint.ts';
import type { LanguageModel } from '../../models/language-model.ts';
import type { ClassifierOptions, LoadOptions as LoaderOptions } from '../../models/load.ts';
import type { TextClassifier } from '../../models/text-classifier.ts';
import type { HubModels } from '../models/hub-models.ts';
import type { ModelStore } from '../models/model-store.ts';
import { findModel } from '../plan/find-models.ts';
import { parsePlan } from '../plan/plan.ts';
import type { RunEvent } from '../records/events.ts';
import type { DeviceInfo } from '../records/run.ts';
import { answerChat, attackBehavior } from '../run/attempt.ts';
import type { Helper } from '../run/helper.ts';
import { defaultAccess } from '../run/model-pool.ts';
import { isSmallModel, workersFor, type PoolFacts, type WorkersWish } from '../run/pool-size.ts';
import { runPlan, type RunEnvironment, type RunExtras } from '../run/run-plan.ts';
import { estimateRun } from '../run/time/estimate.ts';
import type { SetStore } from '../sets/set-store.ts';
import type { RunStore } from '../store/run-store.ts';
import { memoryFolders, type TrainingFolders } from '../training/kept-folder.ts';
import { behaviorsOf } from '../trials/behaviors.ts';
import { mutateBehaviors } from '../trials/mutate.ts';
import { registries as everything, type Registries } from '../trials/registries.ts';
import { namedSets, setNamed, type NamedSet } from '../trials/sets.ts';
import type { LabApi } from './api.ts';
import { inBatches, relay } from './batches.ts';
import { bundleCalls } from './bundle-calls.ts';
import { createHostCalls } from './host-calls.ts';
import { createHostModels } from './host-models.ts';
import { createHostRegistries } from './host-registries.ts';
import { insightCalls } from './insight-calls.ts';
import { modelCalls } from './model-calls.ts';
import { setCalls } from './set-calls.ts';
import { storedRunCalls } from './stored-run-calls.ts';
import { trainingCalls } from './training-calls.ts';

/** The models of servers, as `models/runtimes/endpoint/` makes them. */
interface Endpoints {
  load(id: string, options: { readonly signal?: AbortSignal | undefined }): Promise<LanguageModel>;
  models(): Promise<readonly string[]>;
}
export type ConnectEndpoints = (
  settings: readonly EndpointSettings[],
  send: Send | null,
) => Promise<Endpoints>;

export interface LabHost {
  readonly loadModel: (entry: ModelEntry, options: LoaderOptions) => Promise<LanguageModel>;
  /** Default: no classifier can be loaded. */
  readonly loadClassifier?: (entry: ModelEntry, options: ClassifierOptions) => Promise<TextClassifier>;
  readonly store: RunStore | Promise<RunStore>;
  readonly device: DeviceInfo | Promise<DeviceInfo>;
  /** Name of a lock that is held for as long as the worker lives. Default: there is none. */
  readonly lifeline?: Promise<string | null>;
  /** Of imported models. Default: none can be imported. */
  readonly modelStore?: ModelStore | undefined;
  /** Of models that come from a hub. Default: none can be downloaded. */
  readonly hubModels?: HubModels | undefined;
  /** Of imported behavior sets. Default: none can be imported. */
  readonly setStore?: SetStore | undefined;
  /** Where trainings are kept. Default: they last as long as the worker. */
  readonly trainingFolders?: TrainingFolders | undefined;
  /** Default: everything that ships with the lab. */
  readonly registries?: Registries;
  /** Models that only WebGPU can run. Default: those that web-llm lists, which loads its package. */
  readonly webgpuModels?: () => Promise<readonly ModelEntry[]>;
  /** Reaches servers. Default: this build is sealed, and reaches none. */
  readonly connectEndpoints?: ConnectEndpoints | undefined;
  /** Warm the engine up before the first trial of a run. Default false. */
  readonly warmsUp?: boolean;
  /** Starts another worker for the trials of a run. Default: this worker computes them alone. */
  readonly startHelper?: () => Helper;
  /** Of the device. Default: 1. */
  readonly cores?: number;
  /** Default: unknown. */
  readonly memoryBytes?: number | null;
}

const webLlmModels = async () => (await import('../../models/runtimes/webllm/index.ts')).webllmEntries();

export function createLab({
  loadModel,
  loadClassifier,
  connectEndpoints,
  startHelper,
  registries: shipped = everything,
  webgpuModels = webLlmModels,
  ...later
}: LabHost): LabApi {
  let endpoints: Promise<Endpoints> | null = null;
  let workers: WorkersWish = 'auto';
  const {
    pool: models,
    computing,
    usePrecision,
  } = createHostModels({
    loadModel,
    loadClassifier,
    device: later.device,
    modelStore: later.modelStore,
    endpoint: () => {
      const connected = endpoints;
      return connected && (async (entry, options) => (await connected).load(entry.id, options));
    },
    sharesCores: () => startHelper !== undefined && workers !== 1,
  });
  const poolFacts = async (): Promise<PoolFacts> => ({
    kind: (await later.device).kind,
    cores: later.cores ?? 1,
    memoryBytes: later.memoryBytes ?? null,
  });
  /** No more than there are chunks. */
  const workersOn =
    (facts: PoolFacts) =>
    (entries: readonly ModelEntry[], chunks: number): number =>
      startHelper ? Math.min(workersFor(entries, facts, workers), chunks) : 1;
  /** Besides this worker, which takes chunks too. */
  const helpersFor =
    (facts: PoolFacts): RunEnvironment['startHelpers'] =>
    (entries, chunks) =>
      startHelper ? Array.from({ length: workersOn(facts)(entries, chunks) - 1 }, startHelper) : [];
  const { stoppable, ...callsById } = createHostCalls();
  const { registries, catalogue } = createHostRegistries({ shipped, webgpuModels, ...later });
  const setsOf = (behavior: Behavior | undefined) => (behavior ? [behavior] : []);
  const environment = async (named: readonly NamedSet[]) => ({
    models,
    registries: await registries(named),
    store: await later.store,
    device: await later.device,
    warmsUp: later.warmsUp,
    startHelpers: helpersFor(await poolFacts()),
  });

  const run = (
    runId: string,
    plan: unknown,
    onEvents: (events: readonly RunEvent[]) => void,
    extras: RunExtras,
  ): Promise<Outcome<void>> =>
    stoppable(runId, async (signal) => {
      const lab = await environment(namedSets(parsePlan(plan)));
      const events = runPlan(runId, plan, lab, signal, extras);
      const batches = inBatches(onEvents);
      try {
        for await (const event of events) {
          batches.add(event);
          await turn();
        }
      } finally {
        await batches.close();
      }
    });

  return {
    lifeline: async () => later.lifeline ?? null,
    device: async () => later.device,
    storage: () => outcomeOf(async () => ({ persistent: (await later.store).persistent })),
    catalogue,
    connect: (settings, send) =>
      outcomeOf(async () => {
        if (!connectEndpoints) throw sealedBuild();
        endpoints = connectEndpoints(settings, send);
        await endpoints;
      }),
    endpointModels: () =>
      outcomeOf(async () => {
        if (!connectEndpoints) throw sealedBuild();
        return (await endpoints)?.models() ?? [];
      }),
    behaviors: (set) =>
      outcomeOf(async () => setNamed({ set }, (await registries([{ set }])).sets).behaviors),
    load: (callId, id, task, onProgress) =>
      stoppable(callId, async (signal) => {
        const entry = findModel(await registries(), id, task);
        const progress = relay(onProgress);
        const listening = { onProgress: progress.send, signal };
        if (entry.task === 'text-classification') await models.classifier(entry, listening);
        else await models.get(entry, { ...listening, access: defaultAccess(entry) });
        await progress.settled();
      }),
    chat: (callId, request, onToken, onStep) =>
      stoppable(callId, async (signal) => {
        const [tokens, steps] = [relay(onToken), relay(onStep)];
        const listeners = { onToken: tokens.send, onStep: steps.send, signal };
        const reply = await answerChat(request, await environment(setsOf(request.behavior)), listeners);
        await Promise.all([tokens.settled(), steps.settled()]);
        return reply;
      }),
    attack: (callId, request, onStep) =>
      stoppable(callId, async (signal, pausePoint) => {
        const steps = relay(onStep);
        const reply = await attackBehavior(request, await environment(setsOf(request.behavior)), {
          onStep: steps.send,
          signal,
          pausePoint,
        });
        await steps.settled();
        return reply;
      }),
    mutate: (request, set) =>
      outcomeOf(async () => {
        const all = await registries([{ set }]);
        return mutateBehaviors(request, behaviorsOf({ set, kinds: ['harmful'] }, all), all);
      }),
    run: (runId, plan, onEvents, sources, part) => run(runId, plan, onEvents, { sources, part }),
    runKept: (runId, plan, onEvents, sources, places, append, trial) =>
      run(runId, plan, onEvents, { sources, keep: { places, keeper: { append, trial } } }),
    estimate: (callId, plan, times) =>
      stoppable(callId, async (signal) =>
        estimateRun(plan, {
          models,
          registries: await registries(namedSets(parsePlan(plan))),
          workersFor: workersOn(await poolFacts()),
          mayTime: (entry) => times === 'all' || isSmallModel(entry),
          signal,
        }),
      ),
    ...callsById,
    ...storedRunCalls({ store: later.store, shipped, lab: async (plan) => environment(namedSets(plan)) }),
    ...insightCalls({ models, registries }, stoppable),
    ...trainingCalls(
      {
        ...{ models, registries, modelStore: later.modelStore },
        folders: later.trainingFolders ?? memoryFolders(),
        lock: async (id) => (await later.store).lock(`training-${id}`),
      },
      stoppable,
    ),
    usePrecision: async (wanted) => usePrecision(wanted),
    useWorkers: async (wanted) => {
      workers = wanted;
    },
    computing: async () => Object.fromEntries(computing),
    ...bundleCalls(later, stoppable),
    ...setCalls(later.setStore, stoppable),
    ...modelCalls(
      later,
      stoppable,
      async () => computeDeviceOf((await later.device).kind),
      (id) => {
        models.forget(id);
        computing.delete(id);
      },
    ),
  };
}

const sealedBuild = () =>
  new LabError('not-supported', 'This build is sealed: it talks to no server.', {
    advice: 'Use lab --endpoint, or build the connected app with: npm run build -- --mode connected',
  });
