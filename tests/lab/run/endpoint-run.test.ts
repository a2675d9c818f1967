import { afterEach, expect, test } from 'vitest';
import type { Behavior } from '../../../src/core/behavior.ts';
import { user } from '../../../src/core/chat.ts';
import { arxiv, registry } from '../../../src/core/method.ts';
import { defineEvaluator } from '../../../src/evaluators/evaluator.ts';
import type { PlanInput } from '../../../src/lab/plan/plan.ts';
import { parsePlan } from '../../../src/lab/plan/plan.ts';
import type { TrialRecord } from '../../../src/lab/records/trial.ts';
import { recordProblem } from '../../../src/lab/records/check.ts';
import { summarize } from '../../../src/lab/analysis/summarize.ts';
import { digestOf } from '../../../src/lab/records/digest.ts';
import { createMemoryStore } from '../../../src/lab/store/memory.ts';
import { registries as shipped } from '../../../src/lab/trials/registries.ts';
import { createLab } from '../../../src/lab/worker/host.ts';
import { endpointDefaults, type EndpointSettings } from '../../../src/models/endpoint.ts';
import { loadModel } from '../../../src/models/load.ts';
import { connectEndpoints } from '../../../src/models/runtimes/endpoint/index.ts';
import { failures, startServer, type ServerOptions } from '../../models/endpoint/server.ts';
import { device } from './harness.ts';

type Server = Awaited<ReturnType<typeof startServer>>;
const open: Server[] = [];
afterEach(async () => {
  for (const server of open.splice(0)) await server.close();
});
async function serving(options: ServerOptions = {}): Promise<Server> {
  const server = await startServer(options);
  open.push(server);
  return server;
}

const behaviors = Array.from({ length: 201 }, (_, i): Behavior => ({
  id: `deed-${i}`,
  prompt: `Wake the stone giant number ${i}`,
  target: 'Sure',
  category: 'toy',
  set: 'toys',
  kind: 'harmful',
}));

/** One behavior and then 200 at once, asked directly and with a prefix. */
const plan: PlanInput = {
  version: 1,
  name: 'Endpoint',
  seed: 3,
  models: { targets: ['endpoint:small'], roles: { judge: 'endpoint:judge' } },
  behaviors: [{ behaviors }],
  attacks: [{ id: 'direct-request' }, { id: 'assistant-prefix' }],
  evaluators: [{ id: 'pattern-refusal' }],
  concurrency: 201,
};

const settings = (address: string, more: Partial<EndpointSettings> = {}): EndpointSettings => ({
  ...endpointDefaults,
  name: '',
  address,
  concurrency: 200,
  timeoutMs: 6000,
  backoffMs: 1,
  ...more,
});

/** Asks the judge, which answers at random. */
const asking = defineEvaluator({
  id: 'asking',
  title: 'Asking',
  paper: arxiv('0000.00000', 'None'),
  summary: 'For tests.',
  access: 'black-box',
  needs: ['judge'],
  measures: 'harm',
  yesFrom: 1,
  options: {},
  async score({ response }, _options, { role, signal }) {
    const { text } = await role('judge').generate([user(response)], { maxNewTokens: 8, signal });
    return { value: Number(text.startsWith('Sure')), label: 'asked', explanation: text };
  },
});

const registries = { ...shipped, evaluators: registry('evaluator', [...shipped.evaluators.all, asking]) };

/** A lab whose runs are kept outside of it, as those of the command line are. */
function newLab(kept = new Map<number, TrialRecord>()) {
  const lab = createLab({
    loadModel: async () => {
      throw new Error('Only the server has models.');
    },
    connectEndpoints: async (given, send) => connectEndpoints(given, send),
    store: createMemoryStore(),
    device,
    registries,
    warmsUp: true,
  });
  const run = (input: PlanInput = plan) =>
    lab.runKept(
      'run',
      input,
      () => {},
      [],
      [...kept.keys()],
      async (records) => {
        for (const { place, record } of records) kept.set(place, record);
      },
      async (place) => kept.get(place),
    );
  const records = () => [...kept].toSorted(([a], [b]) => a - b).map(([, { times: _, ...record }]) => record);
  return { kept, lab, run, records };
}

const total = 402;

test('200 concurrent trials on a server of which every tenth answer fails: none is lost', async () => {
  const { lab, run, records } = newLab();
  const server = await serving({ failing: 0.1, hold: { after: 2, until: 200 } });
  await lab.connect([settings(server.address)], null);
  expect(await run()).toEqual({ status: 'done', value: undefined });
  expect(server.load.most).toBe(200);
  expect(new Set(server.injected)).toEqual(new Set(failures));
  expect(server.injected.length / (total + server.injected.length)).toBeCloseTo(0.1, 1);
  expect(records()).toHaveLength(total);
  expect(records().filter(({ finishReason }) => finishReason === 'failed')).toEqual([]);
  expect(records().flatMap((record) => recordProblem({ ...record, times }) ?? [])).toEqual([]);

  // What failed on the way leaves no trace: a server without failures gives the same records.
  const calm = newLab();
  const steady = await serving();
  await calm.lab.connect([settings(steady.address)], null);
  expect(await calm.run()).toEqual({ status: 'done', value: undefined });
  const withoutHost = (value: unknown) => JSON.stringify(value).replaceAll(/127\.0\.0\.1:\d+/g, 'host');
  expect(withoutHost(records())).toBe(withoutHost(calm.records()));
}, 120_000);

const times = { startedAt: '2026-01-01T00:00:00Z', attackMs: 0, answerMs: 0, scoreMs: 0 };

test('the same plan twice gives the same records, and each says which server answered', async () => {
  const server = await serving();
  const runs = [];
  for (const _ of [1, 2]) {
    const { lab, run, records } = newLab();
    await lab.connect([settings(server.address)], null);
    expect(await run({ ...plan, concurrency: 50 })).toEqual({ status: 'done', value: undefined });
    runs.push(records());
  }
  expect(runs[0]).toEqual(runs[1]);
  const served = [
    {
      host: new URL(server.address).host,
      model: 'small-served',
      version: 'vllm 0.9.9 fp-1',
      templateSettings: 'sent' as const,
      reproducible: false,
    },
  ];
  for (const { usage } of runs[0]!) expect(usage.target!.served).toEqual(served);
}, 120_000);

test('a server that dies ends the run with a clear message, and the run goes on after it', async () => {
  const { kept, lab, run, records } = newLab();
  const dying = await serving({
    answer: (_body, response) => dying.asked.length > 150 && (response.destroy(), true),
  });
  await lab.connect([settings(dying.address, { retries: 1, concurrency: 10 })], null);
  const inChunks = { ...plan, concurrency: 20 };
  expect(await run(inChunks)).toMatchObject({
    status: 'failed',
    code: 'unreachable',
    message: expect.stringMatching(/127\.0\.0\.1.*no usable answer in 2 tries.*connection failed/),
    advice: expect.stringMatching(/Finished trials are safe/),
  });
  const before = records();
  expect(before.length).toBeGreaterThan(0);
  expect(before.length).toBeLessThan(total);

  const again = await serving();
  const next = newLab(kept);
  await next.lab.connect([settings(again.address)], null);
  expect(await next.run(inChunks)).toMatchObject({ status: 'done' });
  expect(next.records()).toHaveLength(total);
  expect(next.records()).toEqual(expect.arrayContaining(before));
}, 120_000);

test('a budget ends the run, and one that just suffices does not', async () => {
  const server = await serving();
  const small = { ...plan, behaviors: [{ behaviors: behaviors.slice(0, 5) }], defenses: [], concurrency: 4 };
  const short = newLab();
  await short.lab.connect([settings(server.address, { maxRequests: 8 })], null);
  expect(await short.run(small)).toMatchObject({ status: 'failed', code: 'budget-spent' });
  expect(short.records().length).toBeLessThan(10);
  const enough = newLab();
  // The list of models, the version, and ten answers.
  await enough.lab.connect([settings(server.address, { maxRequests: 12 })], null);
  expect(await enough.run(small)).toMatchObject({ status: 'done' });
});

const judgedPlan: PlanInput = {
  ...plan,
  models: { targets: ['endpoint:small'], roles: { judge: 'endpoint:judge', attacker: 'endpoint:large' } },
  behaviors: [{ behaviors: behaviors.slice(0, 5) }],
  attacks: [{ id: 'pair', options: { streams: 2, iterations: 2 } }],
  defenses: [],
  evaluators: [{ id: 'asking' }],
};

test('a server gives target, attacker and judge, and the record names it for each', async () => {
  const server = await serving({ failing: 0.1 });
  const { lab, run, records } = newLab();
  await lab.connect([settings(server.address)], null);
  expect(await run(judgedPlan)).toMatchObject({ status: 'done' });
  for (const { usage, attackUsage, scores } of records()) {
    for (const [role, model] of Object.entries({ target: 'small', attacker: 'large', judge: 'judge' }))
      expect(usage[role as 'judge']!.served).toMatchObject([{ model: `${model}-served` }]);
    expect(attackUsage.attacker!.served).toMatchObject([{ model: 'large-served' }]);
    expect(scores['asking']!.value).not.toBeNull();
  }
  const { warnings } = summarize(
    parsePlan(judgedPlan),
    device,
    [asking],
    records().map((record) => digestOf({ ...record, times })),
  ).integrity;
  expect(warnings.at(-1)).toMatch(/may write others.*large-served at 127\.0\.0\.1:\d+ \(vllm 0\.9\.9 fp-1\)/);
});

test('a run says of a server that it neither counts tokens nor takes a date, and holds no number for them', async () => {
  const server = await serving({ owner: 'openai', counts: false });
  const { lab, run, records } = newLab();
  await lab.connect([settings(server.address)], null);
  const input: PlanInput = {
    ...plan,
    behaviors: [{ behaviors: behaviors.slice(0, 3) }],
    attacks: [{ id: 'direct-request' }],
    evaluators: [{ id: 'asking' }],
    chatTemplate: { date: '2025-01-31' },
  };
  expect(await run(input)).toMatchObject({ status: 'done' });
  const stored = records().map((record) => ({ ...record, times }));
  expect(stored.flatMap((record) => recordProblem(record) ?? [])).toEqual([]);
  const summary = summarize(parsePlan(input), device, [asking], stored.map(digestOf));
  expect(stored[0]!.usage.target).toMatchObject({ queries: 1, promptTokens: null, completionTokens: null });
  expect(summary.cells.map(({ tokens }) => tokens)).toEqual([null]);
  expect(summary.integrity.warnings.slice(-3)).toEqual([
    expect.stringMatching(/were not sent.*small-served at 127/),
    expect.stringMatching(/^3 trials spent tokens that the server did not count/),
    expect.stringMatching(/may write others/),
  ]);
});

test('a dead judge ends the run: its verdicts must not turn into gaps', async () => {
  const server = await serving({
    answer: (body, response) => body['model'] === 'judge' && (response.writeHead(500).end(), true),
  });
  const { lab, run, records } = newLab();
  await lab.connect([settings(server.address, { retries: 1 })], null);
  const direct = { ...judgedPlan, attacks: [{ id: 'direct-request' }] };
  expect(await run(direct)).toMatchObject({ status: 'failed', code: 'unreachable' });
  expect(records()).toEqual([]);
});

test('the sealed build reaches no server, and says so', async () => {
  const lab = createLab({ loadModel, store: createMemoryStore(), device, registries });
  expect(await lab.connect([settings('http://127.0.0.1:1')], null)).toMatchObject({
    status: 'failed',
    code: 'not-supported',
    message: expect.stringContaining('sealed'),
  });
  expect(await lab.run('run', judgedPlan, () => {})).toMatchObject({ status: 'failed' });
});
