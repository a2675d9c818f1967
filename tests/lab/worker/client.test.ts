import { expose } from 'comlink';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { user } from '../../../src/core/chat.ts';
import type { AttackRequest, ChatRequest } from '../../../src/lab/plan/request.ts';
import type { RunEvent } from '../../../src/lab/records/events.ts';
import { createLabClient, type ClientOptions } from '../../../src/lab/worker/client.ts';
import type { AttackControls } from '../../../src/lab/worker/lab-client.ts';
import { createLab } from '../../../src/lab/worker/host.ts';
import { parsePlan } from '../../../src/lab/plan/plan.ts';
import { createMemoryStore } from '../../../src/lab/store/memory.ts';
import type { RunStore } from '../../../src/lab/store/run-store.ts';
import { scripted } from '../../../src/models/runtimes/scripted.ts';
import { device, linesOf, recordsIn, loadToy, plan, registries, runAll } from '../run/harness.ts';

/** The real host behind a real message port; only the thread is missing, and it can be made to die. */
class ThreadlessWorker extends EventTarget {
  readonly #channel = new MessageChannel();
  readonly #locks: (() => void)[] = [];
  terminated = false;
  readonly name: string;

  constructor(name: string, store: RunStore, loadModel = loadToy) {
    super();
    this.name = name;
    expose(
      createLab({ loadModel, store: this.#mortal(store), device, registries }),
      this.#channel.port2 as never,
    );
    this.#channel.port1.onmessage = ({ data }) => this.dispatchEvent(new MessageEvent('message', { data }));
  }
  postMessage(message: unknown, transfer: Transferable[]) {
    if (!this.terminated) this.#channel.port1.postMessage(message, transfer);
  }
  /** The store as a thread has it: once the thread has ended nothing is written, and its locks are free. */
  #mortal(store: RunStore): RunStore {
    const alive =
      <A extends unknown[], R>(work: (...args: A) => Promise<R>) =>
      (...args: A) =>
        this.terminated ? new Promise<R>(() => {}) : work(...args);
    return {
      ...store,
      append: alive(store.append),
      putRun: alive(store.putRun),
      lock: alive(async (runId) => {
        const release = await store.lock(runId);
        this.#locks.push(release);
        return release;
      }),
    };
  }
  terminate() {
    this.terminated = true;
    for (const release of this.#locks.splice(0)) release();
    this.#channel.port1.close();
    this.#channel.port2.close();
  }
  die(message: string) {
    this.dispatchEvent(Object.assign(new Event('error'), { message }));
  }
}

const opened: ThreadlessWorker[] = [];
afterEach(() => {
  for (const worker of opened.splice(0)) worker.terminate();
  vi.unstubAllGlobals();
});

function newClient({ store = createMemoryStore(), loadModel = loadToy, ...options }: Setup = {}) {
  const client = createLabClient({
    ...options,
    startWorker(name) {
      const worker = new ThreadlessWorker(name, store, loadModel);
      opened.push(worker);
      return worker;
    },
  });
  return { client, store };
}
interface Setup extends ClientOptions {
  readonly store?: RunStore;
  readonly loadModel?: typeof loadToy;
}

const chat: ChatRequest = {
  model: 'toy',
  messages: [user('do the nice bread')],
  defenses: [],
  roles: {},
  sampling: { temperature: 0, topP: 1, maxNewTokens: 40 },
  seed: 0,
  topTokens: 0,
};
/** A model that starts to answer and never finishes. */
const stuck = async () => scripted({ reply: () => new Promise<string>(() => {}) });

test('a run crosses the boundary with its events, and gives the bytes of a run without it', async () => {
  const { client } = newClient();
  const seen: RunEvent[] = [];
  const outcome = await client.run(plan, { onEvents: (events) => void seen.push(...events) });
  expect(outcome.status).toBe('done');
  const direct = await runAll();
  const trialsIn = (events: readonly RunEvent[]) => events.filter(({ type }) => type === 'trial');
  expect(trialsIn(seen)).toEqual(trialsIn(direct.events));
  const records = await recordsIn(client, await client.runId(parsePlan(plan)));
  expect(linesOf(records)).toEqual(direct.lines);
});

test('the id of a run follows from plan, seed and kind of device', async () => {
  const { client } = newClient();
  const ids = [plan, { ...plan, $schema: 'x' }, { ...plan, seed: 8 }].map((input) =>
    client.runId(parsePlan(input)),
  );
  const [first, same, other] = await Promise.all(ids);
  expect(first).toMatch(/^[0-9a-f]{20}$/);
  expect(same).toBe(first);
  expect(other).not.toBe(first);
  expect(await newClient({ device: 'webgpu' }).client.runId(parsePlan(plan))).not.toBe(first);
});

test('a bad plan is refused without starting a worker', async () => {
  const { client } = newClient();
  expect(await client.run({ version: 1 })).toMatchObject({ status: 'failed', code: 'bad-plan' });
  expect(opened).toEqual([]);
});

describe('when the worker dies', () => {
  test('every pending call becomes an outcome, and the next call has a fresh worker', async () => {
    const { client } = newClient({ loadModel: stuck });
    const pending = [client.chat(chat), client.chat(chat)];
    await client.device();
    opened[0]!.die('out of memory');
    for (const outcome of await Promise.all(pending))
      expect(outcome).toMatchObject({
        status: 'failed',
        code: 'worker-died',
        message: expect.stringContaining('out of memory'),
        advice: expect.stringContaining('Stored trials are safe'),
      });
    expect(opened[0]!.terminated).toBe(true);
    expect(await client.device()).toEqual(device);
    expect(opened).toHaveLength(2);
  });

  test('calls that only fail with their worker reject', async () => {
    const { client } = newClient();
    const pending = client.catalogue();
    opened[0]!.die('bug');
    await expect(pending).rejects.toMatchObject({ code: 'worker-died' });
  });

  test('a run goes on from its last finished trial, to the same bytes', async () => {
    const { client } = newClient();
    const outcome = await client.run(plan, {
      onEvents: (events) => {
        const finished = events.some((event) => event.type === 'trial' && event.finished > 6);
        if (finished && opened.length === 1) opened[0]!.die('power cut');
      },
    });
    expect(outcome).toMatchObject({ status: 'failed', code: 'worker-died' });
    const started: RunEvent[] = [];
    const again = await client.run(plan, { onEvents: (events) => void started.push(...events) });
    expect(again.status).toBe('done');
    const direct = await runAll();
    const fresh = started.filter(({ type }) => type === 'trial').length;
    expect(fresh).toBeGreaterThan(0);
    expect(fresh).toBeLessThan(direct.records.length - 5);
    const records = await recordsIn(client, await client.runId(parsePlan(plan)));
    expect(linesOf(records)).toEqual(direct.lines);
  });
});

describe('stopping', () => {
  test('an abort reaches the call in the worker', async () => {
    const { client } = newClient();
    const controller = new AbortController();
    const outcome = await client.attack(
      {
        ...chat,
        behavior: registries.sets.all[0]!.behaviors[0]!,
        attack: { id: 'walk', options: { steps: 1000 } },
        evaluators: [],
      },
      { signal: controller.signal, onStep: () => controller.abort() },
    );
    expect(outcome).toEqual({ status: 'cancelled' });
    expect(opened[0]!.terminated).toBe(false);
  });

  test('a call that was stopped before it began never reaches the worker', async () => {
    const { client } = newClient();
    expect(await client.chat(chat, { signal: AbortSignal.abort() })).toEqual({ status: 'cancelled' });
    expect(opened).toEqual([]);
  });

  test('a worker that does not come to its next step is ended', async () => {
    const controller = new AbortController();
    const loadModel = async () =>
      scripted({
        reply() {
          controller.abort();
          return new Promise<string>(() => {});
        },
      });
    const { client } = newClient({ loadModel, stopWithinMs: 20 });
    const pending = client.chat(chat, { signal: controller.signal });
    expect(await pending).toEqual({ status: 'cancelled' });
    expect(opened[0]!.terminated).toBe(true);
  });
});

describe('pausing an attack', () => {
  const attack: AttackRequest = {
    ...chat,
    behavior: registries.sets.all[0]!.behaviors[0]!,
    attack: { id: 'walk', options: { steps: 5 } },
    evaluators: [],
  };
  /** The client with an attack that stands still after its second step. */
  async function paused(options: { readonly signal?: AbortSignal } = {}) {
    const { client } = newClient();
    const steps: number[] = [];
    let hold: AttackControls | undefined;
    let standing: Promise<boolean> | undefined;
    const outcome = client.attack(attack, {
      ...options,
      onBegin: (given) => (hold = given),
      onStep({ step }) {
        steps.push(step);
        if (step === 1) standing = hold!.pause();
      },
    });
    await vi.waitFor(() => expect(standing).toBeDefined());
    expect(await standing).toBe(true);
    return { client, steps, hold: hold!, outcome };
  }

  test('holds it in the worker until it is resumed, to the same end', async () => {
    const { steps, hold, outcome } = await paused();
    const before = [...steps];
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(steps).toEqual(before);
    hold.resume();
    const direct = await newClient().client.attack(attack);
    const ended = await outcome;
    if (ended.status !== 'done' || direct.status !== 'done') throw new Error('One attack did not end.');
    expect(linesOf([ended.value.record])).toEqual(linesOf([direct.value.record]));
    expect(steps).toEqual([0, 1, 2, 3, 4]);
    expect(await hold.pause()).toBe(false);
  });

  test('leaves it to be stopped at once', async () => {
    const controller = new AbortController();
    const { outcome } = await paused({ signal: controller.signal });
    controller.abort();
    expect(await outcome).toEqual({ status: 'cancelled' });
    expect(opened[0]!.terminated).toBe(false);
  });

  test('does not outlive the worker, and starts none', async () => {
    const { hold, outcome } = await paused();
    opened[0]!.die('out of memory');
    expect(await outcome).toMatchObject({ status: 'failed', code: 'worker-died' });
    expect(await hold.pause()).toBe(false);
    expect(opened).toHaveLength(1);
  });
});

describe('the device', () => {
  test('is WASM unless WebGPU is asked for, and the worker is named after it', async () => {
    const { client } = newClient();
    await client.device();
    expect(opened.map(({ name }) => name)).toEqual(['lab-wasm']);
  });

  test('changes with a fresh worker, and only where there is an adapter', async () => {
    const { client } = newClient();
    await client.device();
    vi.stubGlobal('navigator', {});
    expect(await client.useDevice('webgpu')).toMatchObject({ status: 'failed', code: 'no-webgpu' });
    expect(opened[0]!.terminated).toBe(false);
    vi.stubGlobal('navigator', { gpu: { requestAdapter: async () => ({}) } });
    expect(await client.useDevice('webgpu')).toMatchObject({ status: 'done' });
    await client.device();
    expect(opened.map(({ name, terminated }) => [name, terminated])).toEqual([
      ['lab-wasm', true],
      ['lab-webgpu', false],
    ]);
  });
});

test('servers are named to a fresh worker, whatever the one before it was doing', async () => {
  const { client } = newClient();
  await client.device();
  // The host of these tests is sealed, and says so; a call that went to the old worker would be cancelled.
  for (let workers = 2; workers <= 4; workers++) {
    expect(await client.connect([])).toMatchObject({ status: 'failed', code: 'not-supported' });
    expect(opened.map(({ terminated }) => terminated)).toEqual([
      ...Array<boolean>(workers - 1).fill(true),
      false,
    ]);
  }
});

test('an error in a callback belongs to the page and does not end the call', async () => {
  const thrown = vi.fn();
  vi.stubGlobal('queueMicrotask', (callback: () => void) => {
    try {
      callback();
    } catch (error) {
      thrown(error);
    }
  });
  const { client } = newClient();
  const outcome = await client.chat(chat, {
    onToken: () => {
      throw new Error('page bug');
    },
  });
  expect(outcome.status).toBe('done');
  expect(thrown).toHaveBeenCalledWith(expect.objectContaining({ message: 'page bug' }));
});
