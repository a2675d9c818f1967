/**
 * @file What the lab worker offers the page and the command line. Everything but callbacks crosses by structured
 * clone; failure is a value; long calls are named by an id so that `cancel` can reach them.
 */
import type { AttackStep } from '../../attacks/attack.ts';
import type { Behavior } from '../../core/behavior.ts';
import type { Outcome } from '../../core/errors.ts';
import type { ModelTask } from '../../models/catalog.ts';
import type { EndpointSettings, Send } from '../../models/endpoint.ts';
import type { HubProgress } from '../../models/hub/files.ts';
import type { ImportOptions } from '../../models/import/import-checkpoint.ts';
import type { ImportProgress } from '../../models/import/progress.ts';
import type { ChosenPrecision, PrecisionWish } from '../../models/precision.ts';
import type { TokenTrace } from '../../models/decoding/policy.ts';
import type { HubModelFiles } from '../models/hub-models.ts';
import type { FormatName } from '../analysis/formats/names.ts';
import type { StoredBundle } from '../bundle/store-bundle.ts';
import type { RunArtifact } from '../plan/artifacts.ts';
import type { Catalogue } from '../plan/catalogue.ts';
import type { PlanOutline } from '../plan/outline.ts';
import type { Plan } from '../plan/plan.ts';
import type { AttackRequest, ChatRequest, MutateRequest } from '../plan/request.ts';
import type { CellPage, CellQuery, ExportFormat, OpenedTrial } from '../records/cell-page.ts';
import type { LoadProgress, RunEvent } from '../records/events.ts';
import type { ExportOptions } from '../records/export.ts';
import type { Label } from '../records/labels.ts';
import type { RunOverview } from '../records/overview.ts';
import type { AttackReply, ChatReply, MutatedPrompt } from '../records/reply.ts';
import type { DeviceInfo, RunInfo } from '../records/run.ts';
import type { ImportedModel, StoredModel } from '../records/stored-model.ts';
import type { FileChoices, FileReport, SetImport, SetProgress, StoredSet } from '../records/stored-set.ts';
import type { InsightProgress, InsightReport, RelearningCurve, RelearningEvent } from '../records/insight.ts';
import type { RunEstimate } from '../records/run-estimate.ts';
import type { TrialKey, TrialRecord } from '../records/trial.ts';
import type { TrainingPlan } from '../plan/training-plan.ts';
import type {
  TrainingEstimate,
  TrainingEvent,
  TrainingFile,
  TrainingFileChoices,
  TrainingInfo,
  TrainingResult,
} from '../records/training.ts';
import type { KeptFolder } from '../training/kept-folder.ts';
import type { WorkersWish } from '../run/pool-size.ts';
import type { RunPart } from '../records/run-part.ts';
import type { RunKeeper } from '../store/kept-run.ts';
import type { ReplaySource } from '../trials/replay.ts';

export interface LabApi {
  /** Name of a lock that the worker holds for as long as it lives; `null` where the browser has no locks. */
  lifeline(): Promise<string | null>;
  device(): Promise<DeviceInfo>;
  /** Whether runs outlive the page; if not, the page warns. */
  storage(): Promise<Outcome<{ readonly persistent: boolean }>>;
  catalogue(): Promise<Catalogue>;
  /**
   * Say which servers models named `endpoint:…` are behind. Fails with 'not-supported' in the sealed build.
   * @param send carries the requests; `null`: the worker sends them itself
   */
  connect(settings: readonly EndpointSettings[], send: Send | null): Promise<Outcome<void>>;
  /** Ids of the models that the connected servers list. */
  endpointModels(): Promise<Outcome<readonly string[]>>;
  behaviors(set: string): Promise<Outcome<readonly Behavior[]>>;
  /** Load a model ahead of its first use. `task`: what a model outside the catalogue does. */
  load(
    callId: string,
    model: string,
    task: ModelTask,
    onProgress: (progress: LoadProgress) => void,
  ): Promise<Outcome<void>>;
  chat(
    callId: string,
    request: ChatRequest,
    onToken: (token: TokenTrace, text: string) => void,
    onStep: (step: AttackStep) => void,
  ): Promise<Outcome<ChatReply>>;
  attack(
    callId: string,
    request: AttackRequest,
    onStep: (step: AttackStep) => void,
  ): Promise<Outcome<AttackReply>>;
  /** One prompt per harmful behavior of a set, by an attack that needs no model for them. */
  mutate(request: MutateRequest, set: string): Promise<Outcome<readonly MutatedPrompt[]>>;
  /**
   * Run or go on with a plan: trials already stored under `runId` are not run again.
   * Events that come faster than frames arrive in batches.
   * @param sources for a plan with `replay`: trials whose attack results are put to its targets
   * @param part run no more than this of it
   */
  run(
    runId: string,
    plan: unknown,
    onEvents: (events: readonly RunEvent[]) => void,
    sources?: readonly ReplaySource[],
    part?: RunPart,
  ): Promise<Outcome<void>>;
  /** As `run`, for trials that are kept outside of the browser. @param places those that are kept already */
  runKept(
    runId: string,
    plan: unknown,
    onEvents: (events: readonly RunEvent[]) => void,
    sources: readonly ReplaySource[],
    places: readonly number[],
    append: RunKeeper['append'],
    trial: RunKeeper['trial'],
  ): Promise<Outcome<void>>;
  /**
   * What a run of the plan will take. Models under attack are loaded and timed for a moment.
   * @param times which of them: all, or those that load in a moment
   */
  estimate(callId: string, plan: unknown, times: 'all' | 'small'): Promise<Outcome<RunEstimate>>;
  /** Stop a call within one step. An unknown id is ignored. */
  cancel(callId: string): Promise<void>;
  /**
   * Pause an attack at the end of its current step. Other calls go on, and `cancel` still works.
   * Resolves to true when it has stopped, and to false if it ends or is resumed before that, or for an unknown id.
   */
  pause(callId: string): Promise<boolean>;
  /** Resume a paused attack; its result is the same as without a pause. Other calls are not affected. */
  resume(callId: string): Promise<void>;
  runs(): Promise<Outcome<readonly RunInfo[]>>;
  /** The plan of a stored run. It can be large: pages show its outline. */
  plan(runId: string): Promise<Outcome<Plan>>;
  outline(runId: string): Promise<Outcome<PlanOutline>>;
  overview(runId: string): Promise<Outcome<RunOverview>>;
  cell(runId: string, query: CellQuery): Promise<Outcome<CellPage>>;
  trial(runId: string, key: TrialKey): Promise<Outcome<OpenedTrial>>;
  /** Keep what a person says of an answer; `undefined` takes it back. Rates of the run then count it. */
  label(runId: string, key: TrialKey, label: Label | undefined): Promise<Outcome<void>>;
  /** All finished trials as a file. */
  exported(runId: string, format: ExportFormat, options: ExportOptions): Promise<Outcome<Blob>>;
  /** All finished trials in a format of another tool. */
  inFormat(runId: string, format: FormatName): Promise<Outcome<Blob>>;
  /** A run as one file, with all that another browser needs to show it and go on with it. */
  bundle(runId: string): Promise<Outcome<Blob>>;
  /** Store the run of such a file; trials that are here stay as they are. Fails with 'bad-input', and stores nothing then. */
  openBundle(callId: string, file: Blob): Promise<Outcome<StoredBundle>>;
  /** What the defenses of a run learned. */
  artifacts(runId: string): Promise<Outcome<readonly RunArtifact[]>>;
  /** Fails with 'bad-input' when the artifact does not fit the defense. */
  checkArtifact(defense: string, artifact: unknown): Promise<Outcome<void>>;
  /** Store finished trials of an earlier run, so that `run` goes on from them. @returns how many were new */
  restore(runId: string, plan: unknown, records: readonly TrialRecord[]): Promise<Outcome<number>>;
  /** How many trials this session finished of a run that is not done: the worker's memory holds them, stored or not. */
  inMemory(runId: string): Promise<Outcome<number>>;
  /** These trials as `trials.jsonl` in the folder of a run. */
  inMemoryLines(runId: string): Promise<Outcome<Blob>>;
  remove(runId: string): Promise<Outcome<void>>;
  /**
   * Store a model that the user brought, unless it is stored. Nothing is stored when it fails or is cancelled.
   * @param files by path: a GGUF file, a zip file, or a Hugging Face folder
   * @param fourBit whether to store its matrices in four bits too; default: as the lab advises for this device
   * @param dtype in which matrices are stored; default `'F16'`
   */
  importModel(
    callId: string,
    files: ReadonlyMap<string, Blob>,
    dtype: ImportOptions['dtype'],
    onProgress: (progress: ImportProgress) => void,
    fourBit?: boolean,
  ): Promise<Outcome<ImportedModel>>;
  /** Download files of a hub's model through the airlock, which has to be open for them. */
  downloadHubModel(
    callId: string,
    files: HubModelFiles,
    onProgress: (progress: HubProgress) => void,
  ): Promise<Outcome<void>>;
  /** Store a model that was downloaded; its downloaded files are dropped then. */
  importHubModel(
    callId: string,
    files: HubModelFiles,
    onProgress: (progress: ImportProgress) => void,
  ): Promise<Outcome<StoredModel>>;
  /** What models that the lab imported are computed in from now on, where they and the device can. Default: `'auto'`. */
  usePrecision(wish: PrecisionWish): Promise<void>;
  /** How many workers compute a run of small models from the next one on. Default: `'auto'`. */
  useWorkers(wish: WorkersWish): Promise<void>;
  /** In which precision each loaded model computes, and why, by id. */
  computing(): Promise<Readonly<Record<string, ChosenPrecision>>>;
  /** What a file of behaviors holds, read as `choices` say; nothing is stored. Fails with 'bad-input'. */
  readSet(
    callId: string,
    file: Blob,
    name: string,
    choices: FileChoices,
    onProgress: (progress: SetProgress) => void,
  ): Promise<Outcome<FileReport>>;
  /** Store the behaviors of a file as a set, unless a set with the same content is stored. */
  importSet(
    callId: string,
    file: Blob,
    name: string,
    options: { readonly title: string; readonly choices: FileChoices },
    onProgress: (progress: SetProgress) => void,
  ): Promise<Outcome<SetImport>>;
  /**
   * Train a model, or go on with a training: under the same settings it is the same training.
   * Events that come faster than frames arrive in batches.
   * @param options `at`: go on from the checkpoint after so many updates; default: the last one
   * @param folder where it is kept; default: in this browser
   */
  train(
    callId: string,
    plan: unknown,
    onEvents: (events: readonly TrainingEvent[]) => void,
    options?: { readonly at?: number | undefined },
    folder?: KeptFolder,
  ): Promise<Outcome<TrainingResult>>;
  /** What a training takes; the model is loaded for it. */
  estimateTraining(callId: string, plan: unknown): Promise<Outcome<TrainingEstimate>>;
  /**
   * The training data of a file, read as `choices` say, and what it holds; nothing is stored. Fails with 'bad-input'.
   * @param model is loaded, and answers that are longer than its context are left out; `null`: none
   */
  readTrainingData(
    callId: string,
    file: Blob,
    name: string,
    choices: TrainingFileChoices,
    model: string | null,
    onProgress: (progress: SetProgress) => void,
  ): Promise<Outcome<TrainingFile>>;
  trainings(): Promise<Outcome<readonly TrainingInfo[]>>;
  trainingPlan(id: string): Promise<Outcome<TrainingPlan>>;
  /** What a training has told so far. */
  trainingEvents(id: string): Promise<Outcome<readonly TrainingEvent[]>>;
  /** What a finished training made, as a zip file: a Hugging Face folder, or an adapter as PEFT has it. */
  exportTrained(id: string): Promise<Outcome<Blob>>;
  /** Put what a finished training made among the models of this browser. */
  keepTrained(callId: string, id: string, title: string): Promise<Outcome<ImportedModel>>;
  removeTraining(id: string): Promise<Outcome<void>>;
  /** Look inside a model, and inside its base beside it. */
  insight(
    callId: string,
    request: unknown,
    onProgress: (progress: InsightProgress) => void,
  ): Promise<Outcome<InsightReport>>;
  /** Fine-tune models on harmful answers and ask them in between, as `relearningRequestSchema` has it. */
  relearning(
    callId: string,
    request: unknown,
    onEvent: (event: RelearningEvent) => void,
  ): Promise<Outcome<readonly RelearningCurve[]>>;
  storedSets(): Promise<Outcome<readonly StoredSet[]>>;
  renameSet(id: string, title: string): Promise<Outcome<void>>;
  /** As JSON Lines, which `importSet` reads back to the same content. */
  exportSet(id: string): Promise<Outcome<Blob>>;
  removeSet(id: string): Promise<Outcome<void>>;
  storedModels(): Promise<Outcome<readonly StoredModel[]>>;
  /** Compare every file with its hash; fails with 'bad-model' that names the first which differs. */
  verifyModel(id: string): Promise<Outcome<void>>;
  renameModel(id: string, title: string): Promise<Outcome<void>>;
  pinModel(id: string, pinned: boolean): Promise<Outcome<void>>;
  /** A zip file of its folder. */
  exportModel(id: string): Promise<Outcome<Blob>>;
  /** Fails with 'bad-input' for a pinned model. */
  removeModel(id: string): Promise<Outcome<void>>;
}
