import { expect, test, vi } from 'vitest';
import type { Outcome } from '../../../src/core/errors.ts';
import type { RunEvent } from '../../../src/lab/records/events.ts';
import { digestOf } from '../../../src/lab/records/digest.ts';
import { outlineOf } from '../../../src/lab/plan/outline.ts';
import type { RunPart } from '../../../src/lab/records/run-part.ts';
import type { RunInfo } from '../../../src/lab/records/run.ts';
import { overviewOf } from '../../../src/lab/analysis/overview.ts';
import { RunSession } from '../../../src/ui/state/run-session.svelte.ts';
import { catalogue, createFakeLab, device, trialsOf } from '../fake-lab.ts';
import { plan } from '../plan.ts';

const all = trialsOf(plan);
const overviewed = (records: typeof all) =>
  overviewOf(plan, device, catalogue.evaluators, records.map(digestOf));
const trialEvent = (index: number): RunEvent => ({
  type: 'trial',
  key: all[index]!,
  finished: index + 1,
  total: all.length,
});

/** A lab whose run is driven by the test. */
function drivenLab(stored: typeof all = []) {
  const calls: {
    send: (events: readonly RunEvent[]) => void;
    finish: (outcome: Outcome<void>) => void;
    signal: AbortSignal;
    part: RunPart | undefined;
  }[] = [];
  const lab = {
    runId: async () => 'run-1',
    plan: async () => ({ status: 'done' as const, value: plan }),
    outline: async () => ({ status: 'done' as const, value: outlineOf(plan) }),
    overview: async () => ({ status: 'done' as const, value: overviewed(stored) }),
    artifacts: async () => ({ status: 'done' as const, value: [] }),
    run: (
      _plan: unknown,
      options: {
        signal?: AbortSignal | undefined;
        onEvents?: (events: readonly RunEvent[]) => void;
        part?: RunPart | undefined;
      } = {},
    ) =>
      new Promise<Outcome<void>>((finish) => {
        const { signal, part } = options;
        calls.push({ send: (events) => options.onEvents?.(events), finish, signal: signal!, part });
      }),
  };
  return { lab, calls, started: (count: number) => vi.waitFor(() => expect(calls).toHaveLength(count)) };
}

test('a whole run ends done, with the rates of every trial', async () => {
  const session = new RunSession(createFakeLab());
  await session.start(plan);
  expect(session.status).toBe('done');
  expect(session.finished).toBe(all.length);
  expect(session.overview).toEqual(overviewed(all));
});

test('trials that were stored before are shown and not counted twice', async () => {
  const { lab, calls, started } = drivenLab(all.slice(0, 3));
  const session = new RunSession(lab);
  void session.start(plan);
  await started(1);
  calls[0]!.send([{ type: 'overview', overview: overviewed(all.slice(0, 3)) }]);
  expect(session.finished).toBe(3);
  calls[0]!.send([trialEvent(3)]);
  expect(session.finished).toBe(4);
});

test('a run whose trials are all stored says so, and how many there are', async () => {
  const { lab, calls, started } = drivenLab(all);
  const session = new RunSession(lab);
  for (const times of [1, 2]) {
    const ended = session.start(plan);
    await started(times);
    expect(session.foundDone).toBe(false);
    calls[times - 1]!.send([{ type: 'overview', overview: overviewed(all) }]);
    calls[times - 1]!.finish({ status: 'done', value: undefined });
    await ended;
    expect([session.foundDone, session.finished, session.total]).toEqual([true, all.length, all.length]);
  }
});

test('a run that computed its last trials does not say that they were stored', async () => {
  const session = new RunSession(createFakeLab());
  await session.start(plan);
  expect(session.foundDone).toBe(false);
});

test('pausing takes effect at once, and nothing that arrives later is shown', async () => {
  const { lab, calls, started } = drivenLab();
  const session = new RunSession(lab);
  void session.start(plan);
  await started(1);
  calls[0]!.send([trialEvent(0)]);
  session.pause();
  expect(session.status).toBe('paused');
  expect(calls[0]!.signal.aborted).toBe(true);
  calls[0]!.send([trialEvent(1)]);
  expect(session.finished).toBe(1);
});

test('resuming waits until the paused call has released the run', async () => {
  const { lab, calls, started } = drivenLab();
  const session = new RunSession(lab);
  void session.start(plan);
  await started(1);
  session.pause();
  void session.resume();
  await Promise.resolve();
  expect(calls).toHaveLength(1);
  calls[0]!.finish({ status: 'cancelled' });
  await started(2);
  expect(session.status).toBe('running');
});

test('a part that was cut off goes on as that part, and the whole plan on demand alone', async () => {
  const { lab, calls, started } = drivenLab();
  const session = new RunSession(lab);
  const { model, attack, defense } = all[0]!;
  const part = { model, attack, defense };
  void session.start(plan, part);
  await started(1);
  for (const end of [session.pause, session.stop]) {
    end();
    expect(session.part).toEqual(part);
    calls.at(-1)!.finish({ status: 'cancelled' });
    const before = calls.length;
    void session.resume();
    await started(before + 1);
  }
  session.stop();
  calls.at(-1)!.finish({ status: 'cancelled' });
  void session.resumeWhole();
  await started(4);
  expect(calls.map(({ part: of }) => of?.attack)).toEqual([attack, attack, attack, undefined]);
});

test('once a part is done there is only the rest of the plan, of which it is known how much it is', async () => {
  const { lab, calls, started } = drivenLab();
  const session = new RunSession(lab);
  const { model, attack, defense } = all[0]!;
  const ended = session.start(plan, { model, attack, defense });
  await started(1);
  expect(session.left).toBeNull();
  calls[0]!.send([trialEvent(0)]);
  calls[0]!.finish({ status: 'done', value: undefined });
  await ended;
  expect(session).toMatchObject({ status: 'stopped', part: undefined, left: all.length - 1 });
});

test('a failure is kept with its advice, and the finished trials stay', async () => {
  const { lab, calls, started } = drivenLab();
  const session = new RunSession(lab);
  const ended = session.start(plan);
  await started(1);
  calls[0]!.send([trialEvent(0)]);
  const failed = { status: 'failed', code: 'quota-exceeded', message: 'Full.', advice: 'Delete.' } as const;
  calls[0]!.finish(failed);
  await ended;
  expect(session.status).toBe('failed');
  expect(session.failure).toEqual(failed);
  expect(session.finished).toBe(1);
});

test('the models that a run loaded are reported once its first trial starts', async () => {
  const { lab, calls, started } = drivenLab();
  const loaded: (readonly string[])[] = [];
  const session = new RunSession(lab, (models) => loaded.push(models));
  void session.start(plan);
  await started(1);
  const { model, behavior, attack, defense } = all[0]!;
  const start: RunEvent = { type: 'trial-start', key: { model, behavior, attack, defense } };
  const part = { file: 'onnx/model.onnx', loadedBytes: 1, totalBytes: 2 };
  calls[0]!.send([{ type: 'load', progress: { model: 'tinytown-expert', ...part } }]);
  expect(session.loading?.model).toBe('tinytown-expert');
  calls[0]!.send([start, start]);
  expect(loaded).toEqual([['tinytown-chat', 'tinytown-expert']]);
  expect(session.loading).toBeNull();
});

test('opening a stored run shows it without running it', async () => {
  const { lab, calls } = drivenLab(all);
  const session = new RunSession(lab);
  const info: RunInfo = {
    id: 'run-9',
    name: plan.name,
    device,
    versions: {},
    createdAt: '',
    state: 'done',
    finished: all.length,
    total: all.length,
  };
  await session.open(info);
  expect(session.plan).toEqual(outlineOf(plan));
  expect(await session.wholePlan()).toEqual(plan);
  expect([session.status, session.id, session.finished]).toEqual(['done', 'run-9', all.length]);
  expect(calls).toHaveLength(0);
});

test('what defenses learned is shown as it comes, and with a run that is opened again', async () => {
  const { lab, calls, started } = drivenLab();
  const session = new RunSession(lab);
  void session.start(plan);
  await started(1);
  const one = { model: 'm', defense: 'gradient-cuff', options: {}, artifact: { threshold: 1 } };
  const preparation = { model: 'm', defense: 'gradient-cuff', done: 1, total: 2 };
  calls[0]!.send([{ type: 'prepare', preparation }]);
  expect(session.preparing).toEqual(preparation);
  calls[0]!.send([{ type: 'artifact', ...one }]);
  calls[0]!.send([{ type: 'artifact', ...one, artifact: { threshold: 2 } }]);
  expect(session.preparing).toBeNull();
  expect(session.artifacts).toEqual([{ ...one, artifact: { threshold: 2 } }]);
  const again = new RunSession({ ...lab, artifacts: async () => ({ status: 'done', value: [one] }) });
  const info = {
    id: 'run-1',
    name: plan.name,
    device,
    versions: {},
    createdAt: '',
    state: 'done',
    finished: 0,
    total: 9,
  };
  const opened = again.open(info as RunInfo);
  expect(again.opening).toBe(true);
  await opened;
  expect(again.opening).toBe(false);
  expect(again.artifacts).toEqual([one]);
});
