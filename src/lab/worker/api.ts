/**
 * @file What the lab worker offers the page and the command line. Everything but callbacks crosses by structured
 * clone; failure is a value; long calls are named by an id so that `cancel` can reach them.
 */
import type { AttackStep } from '../../attacks/attack.ts';
import type { Behavior } from '../../core/behavior.ts';
import type { Outcome } from '../../core/errors.ts';
import type { ModelTask } from '../../models/catalog.ts';
import type { TokenTrace } from '../../models/decoding/policy.ts';
import type { RunArtifact } from '../plan/artifacts.ts';
import type { Catalogue } from '../plan/catalogue.ts';
import type { ChatRequest, AttackRequest } from '../plan/request.ts';
import type { LoadProgress, RunEvent } from '../records/events.ts';
import type { ChatReply, AttackReply } from '../records/reply.ts';
import type { DeviceInfo, RunInfo } from '../records/run.ts';
import type { RunSummary } from '../records/summary.ts';
import type { TrialRecord } from '../records/trial.ts';

export interface LabApi {
  device(): Promise<DeviceInfo>;
  /** Whether runs outlive the page; when not, the page says so. */
  storage(): Promise<Outcome<{ readonly persistent: boolean }>>;
  catalogue(): Promise<Catalogue>;
  behaviors(set: string): Promise<Outcome<readonly Behavior[]>>;
  /** Load a model ahead of its first use. `task` is what a model outside the catalogue is taken to do. */
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
  /**
   * Run or go on with a plan: trials already stored under `runId` are not run again.
   * Events that come faster than frames arrive in batches.
   * @param sources for a plan with `replay`: trials whose attack results are put to its targets
   */
  run(
    runId: string,
    plan: unknown,
    onEvents: (events: readonly RunEvent[]) => void,
    sources?: readonly TrialRecord[],
  ): Promise<Outcome<RunSummary>>;
  /** Stop a call within one step. An unknown id is ignored. */
  cancel(callId: string): Promise<void>;
  /**
   * Hold an attack at the end of its current step, with all it has found. Other calls go on, and so can `cancel`.
   * Resolves to true when it stands still, and to false if it ends or is resumed before. An unknown id is false.
   */
  pause(callId: string): Promise<boolean>;
  /** Let an attack that is held go on to what it would have come to anyhow. Others are not touched. */
  resume(callId: string): Promise<void>;
  runs(): Promise<Outcome<readonly RunInfo[]>>;
  trials(runId: string): Promise<Outcome<readonly TrialRecord[]>>;
  summary(runId: string): Promise<Outcome<RunSummary>>;
  /** What defenses learned in a run. */
  artifacts(runId: string): Promise<Outcome<readonly RunArtifact[]>>;
  /** Fails with 'bad-input' when a defense could not work with what it is said to have learned. */
  checkArtifact(defense: string, artifact: unknown): Promise<Outcome<void>>;
  /** Put finished trials of an earlier run in place, so that `run` goes on from them. */
  restore(runId: string, plan: unknown, records: readonly TrialRecord[]): Promise<Outcome<number>>;
  remove(runId: string): Promise<Outcome<void>>;
}
