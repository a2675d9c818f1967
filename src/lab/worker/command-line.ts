/**
 * @file The lab's interface for the command line, which drives the same page in a headless browser. It exists only on
 * pages opened with `?cli`; these start no service worker, because the command line serves them itself. Everything that
 * crosses is plain data.
 */
import type { Outcome } from '../../core/errors.ts';
import type { Plan } from '../plan/plan.ts';
import type { AttackRequest, ChatRequest } from '../plan/request.ts';
import type { AttackReply, ChatReply } from '../records/reply.ts';
import { trialLine } from '../records/export.ts';
import type { RunEvent } from '../records/events.ts';
import type { InsightReport } from '../records/insight.ts';
import type { RunEstimate } from '../records/run-estimate.ts';
import type { TrialRecord } from '../records/trial.ts';
import type { RunKeeper } from '../store/kept-run.ts';
import type { ReplaySource } from '../trials/replay.ts';
import type { EndpointReply, EndpointRequest, EndpointSettings } from '../../models/endpoint.ts';
import type { TrainingPlan } from '../plan/training-plan.ts';
import type { TrainingResult } from '../records/training.ts';
import { commandLineFolder, type FolderCall } from './command-line-folder.ts';
import type { LabClient } from './lab-client.ts';

export interface CommandLineApi extends Pick<
  LabClient,
  'device' | 'useDevice' | 'usePrecision' | 'useWorkers' | 'computing'
> {
  /** Requests to the servers go through `gloveboxSend`. @returns ids of the models that they list */
  connect(settings: readonly EndpointSettings[]): Promise<Outcome<readonly string[]>>;
  /** Steps go to `gloveboxEvent` as they happen. */
  attack(request: AttackRequest): Promise<Outcome<AttackReply>>;
  chat(request: ChatRequest): Promise<Outcome<ChatReply>>;
  /** Sources for the next `run`, one line of JSON each: in parts, because a message has a size limit. */
  addSources(lines: string): void;
  /**
   * Run a plan whose trials are kept by the command line. Lists of events of types `trial`, `pace`, `artifact` and `limit` go to
   * `gloveboxEvent` as they happen. The added sources are those of a plan with `replay`.
   * @param places of the trials that are kept already
   */
  run(plan: Plan, places: readonly number[]): Promise<Outcome<void>>;
  /** What a run of the plan will take, with every model under attack loaded and timed. */
  estimate(plan: Plan): Promise<Outcome<RunEstimate>>;
  /** Look inside a model. What is being looked at goes to `gloveboxEvent`. */
  insight(request: unknown): Promise<Outcome<InsightReport>>;
  /**
   * Train a model in the folder behind `gloveboxFolder`, or go on there. Lists of events go to `gloveboxEvent` as they happen.
   * @param at go on from the checkpoint after so many updates; default: the last one
   */
  train(plan: TrainingPlan, at: number | undefined): Promise<Outcome<TrainingResult>>;
  /** Stop the run or the training in progress within one step. */
  stop(): void;
}

declare global {
  /** Set on headless pages only. */
  var glovebox: CommandLineApi | undefined;
  /** Put in place by the command line before the page loads. */
  var gloveboxEvent: ((event: unknown) => void) | undefined;
  /** Keeps finished trials, one line of JSON each. A rejection ends the run. */
  var gloveboxKeep: ((lines: readonly string[]) => Promise<void>) | undefined;
  /** One exchange with a server; it never rejects. */
  var gloveboxSend: ((request: EndpointRequest) => Promise<EndpointReply>) | undefined;
  /** The folder of a training. */
  var gloveboxFolder: ((call: FolderCall) => Promise<unknown>) | undefined;
  /** A trial that is kept, as a line of JSON. */
  var gloveboxTrial: ((place: number) => Promise<string | null>) | undefined;
}

const reportedTypes: ReadonlySet<RunEvent['type']> = new Set(['trial', 'pace', 'artifact', 'limit']);

export const headless = (): boolean => new URLSearchParams(location.search).has('cli');

export function exposeToCommandLine(lab: LabClient): void {
  const stopping = new AbortController();
  let added: ReplaySource[] = [];
  const takeSources = (): readonly ReplaySource[] => {
    const sources = added;
    added = [];
    return sources;
  };
  const keeper: RunKeeper = {
    append: async (records) => globalThis.gloveboxKeep?.(records.map(({ record }) => trialLine(record))),
    async trial(place) {
      const line = await globalThis.gloveboxTrial?.(place);
      return line ? (JSON.parse(line) as TrialRecord) : undefined;
    },
  };
  const report = (event: unknown) => globalThis.gloveboxEvent?.(event);
  globalThis.glovebox = {
    device: lab.device,
    useDevice: lab.useDevice,
    usePrecision: lab.usePrecision,
    useWorkers: lab.useWorkers,
    computing: lab.computing,
    connect: (settings) => lab.connect(settings, async (request) => globalThis.gloveboxSend!(request)),
    addSources(lines) {
      for (const line of lines.split('\n')) if (line !== '') added.push(JSON.parse(line) as ReplaySource);
    },
    attack: (request) => lab.attack(request, { onStep: report, signal: stopping.signal }),
    chat: (request) => lab.chat(request),
    run: (plan, places) =>
      lab.run(plan, {
        sources: takeSources(),
        keep: { keeper, places },
        signal: stopping.signal,
        onEvents(events) {
          const reported = events.filter(({ type }) => reportedTypes.has(type));
          if (reported.length > 0) report(reported);
        },
      }),
    estimate: (plan) => lab.estimate(plan, { times: 'all' }),
    insight: (request) => lab.insight(request, { onProgress: report, signal: stopping.signal }),
    train: (plan, at) =>
      lab.train(plan, {
        ...(at !== undefined && { at }),
        folder: commandLineFolder(async (call) => globalThis.gloveboxFolder!(call)),
        signal: stopping.signal,
        onEvents: report,
      }),
    stop: () => stopping.abort(),
  };
}
