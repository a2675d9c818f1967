/** @file The lab as pages see it: the worker's calls, with an abort signal in place of a call id. */
import type { AttackStep } from '../../attacks/attack.ts';
import type { Outcome } from '../../core/errors.ts';
import type { ModelTask } from '../../models/catalog.ts';
import type { TokenTrace } from '../../models/decoding/policy.ts';
import type { EndpointSettings, Send } from '../../models/endpoint.ts';
import type { HubProgress } from '../../models/hub/files.ts';
import type { ImportOptions } from '../../models/import/import-checkpoint.ts';
import type { ImportProgress } from '../../models/import/progress.ts';
import type { PrecisionWish } from '../../models/precision.ts';
import type { HubModelFiles } from '../models/hub-models.ts';
import type { StoredBundle } from '../bundle/store-bundle.ts';
import type { Plan } from '../plan/plan.ts';
import type { AttackRequest, ChatRequest } from '../plan/request.ts';
import type { LoadProgress, RunEvent } from '../records/events.ts';
import type { AttackReply, ChatReply } from '../records/reply.ts';
import type { DeviceKind } from '../records/run.ts';
import type { ImportedModel, StoredModel } from '../records/stored-model.ts';
import type { FileChoices, FileReport, SetImport, SetProgress } from '../records/stored-set.ts';
import type { InsightProgress, InsightReport, RelearningCurve, RelearningEvent } from '../records/insight.ts';
import type { RunEstimate } from '../records/run-estimate.ts';
import type { TrialRecord } from '../records/trial.ts';
import type {
  TrainingEstimate,
  TrainingEvent,
  TrainingFile,
  TrainingFileChoices,
  TrainingResult,
} from '../records/training.ts';
import type { KeptFolder } from '../training/kept-folder.ts';
import type { WorkersWish } from '../run/pool-size.ts';
import type { Keep } from '../run/run-plan.ts';
import type { RunPart } from '../records/run-part.ts';
import type { ReplaySource } from '../trials/replay.ts';
import type { LabApi } from './api.ts';

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
  | 'label'
  | 'exported'
  | 'inFormat'
  | 'bundle'
  | 'artifacts'
  | 'checkArtifact'
  | 'inMemory'
  | 'inMemoryLines'
  | 'remove'
  | 'computing'
  | 'trainings'
  | 'trainingPlan'
  | 'trainingEvents'
  | 'exportTrained'
  | 'removeTraining'
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
  /** Train a model, or go on with a training: under the same settings it is the same training. */
  train(
    plan: unknown,
    options?: Stoppable & {
      /** Go on from the checkpoint after so many updates. Default: the last one. */
      readonly at?: number;
      readonly onEvents?: (events: readonly TrainingEvent[]) => void;
      /** Where it is kept. Default: in this browser. */
      readonly folder?: KeptFolder;
    },
  ): Promise<Outcome<TrainingResult>>;
  estimateTraining(plan: unknown, options?: Stoppable): Promise<Outcome<TrainingEstimate>>;
  /** The training data of a file, and what it holds; nothing is stored. */
  readTrainingData(
    file: File,
    choices: TrainingFileChoices,
    options?: ReadingOptions & {
      /** Answers that are longer than its context are left out. */
      readonly model?: string;
    },
  ): Promise<Outcome<TrainingFile>>;
  keepTrained(id: string, title: string, options?: Stoppable): Promise<Outcome<ImportedModel>>;
  /** Look inside a model, and inside its base beside it. @param request as `insightRequestSchema` has it */
  insight(
    request: unknown,
    options?: Stoppable & { readonly onProgress?: (progress: InsightProgress) => void },
  ): Promise<Outcome<InsightReport>>;
  /** Whether harm comes back by fine-tuning. @param request as `relearningRequestSchema` has it */
  relearning(
    request: unknown,
    options?: Stoppable & { readonly onEvent?: (event: RelearningEvent) => void },
  ): Promise<Outcome<readonly RelearningCurve[]>>;
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
      /** Run no more than this part, in the browser. Default: all of it. */
      readonly part?: RunPart | undefined;
    },
  ): Promise<Outcome<void>>;
  /** What a run of the plan will take. @param times models under attack to load and time. Default: those that load in a moment */
  estimate(
    plan: unknown,
    options?: Stoppable & { readonly times?: 'all' | 'small' },
  ): Promise<Outcome<RunEstimate>>;
  /** Store the run of a bundle. Fails with 'bad-input', and stores nothing then. */
  openBundle(file: Blob, options?: Stoppable): Promise<Outcome<StoredBundle>>;
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
