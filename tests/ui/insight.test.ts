import { expect, test } from 'vitest';
import type { Outcome } from '../../src/core/errors.ts';
import { parseInsightRequest } from '../../src/lab/plan/insight-request.ts';
import type { InsightReport } from '../../src/lab/records/insight.ts';
import type { LabClient } from '../../src/lab/worker/lab-client.ts';
import { Insight } from '../../src/ui/insight/insight.svelte.ts';
import type { ModelEntry } from '../../src/ui/types.ts';
import { writeInsightLink } from '../../src/ui/links/setups.ts';
import { catalogue } from './fake-lab.ts';

const report: InsightReport = {
  ...{ prompt: 'wake it', watched: [], models: [], comparable: true, depth: null },
};

/** A lab whose answers the test gives. */
function setUp() {
  const calls: {
    readonly request: unknown;
    readonly signal: AbortSignal | undefined;
    readonly tell: NonNullable<NonNullable<Parameters<LabClient['insight']>[1]>['onProgress']>;
    readonly answer: (outcome: Outcome<InsightReport>) => void;
  }[] = [];
  const lab: Pick<LabClient, 'insight'> = {
    insight: (request, { signal, onProgress = () => {} } = {}) =>
      new Promise((answer) => {
        signal?.addEventListener('abort', () => answer({ status: 'cancelled' }));
        calls.push({ request, signal, tell: onProgress, answer });
      }),
  };
  const insight = new Insight(lab, { models: [...catalogue.models] });
  return { insight, calls };
}

test('it opens on an example of models that ship, which is a request that the lab takes', async () => {
  const { insight, calls } = setUp();
  insight.settle();
  expect(insight.isHere).toBe(true);
  const looking = insight.look();
  expect(insight.status).toBe('running');
  expect(parseInsightRequest(calls[0]!.request)).toMatchObject({
    ...{ model: 'tinytown-hard', base: 'tinytown-chat', behavior: 'wake-frost-hound' },
    prompt: expect.stringMatching(/^\{request\} ./),
  });
  calls[0]!.tell({ model: 'tinytown-chat', part: 'probes', done: 3, of: 9 });
  expect(insight.progress?.done).toBe(3);
  calls[0]!.answer({ status: 'done', value: report });
  await looking;
  expect([insight.status, insight.report, insight.outdated]).toEqual(['done', report, false]);
  insight.opening = 'Sure';
  expect(insight.outdated).toBe(true);
});

test('its link carries the whole request, and another page takes it over', async () => {
  const { insight } = setUp();
  insight.settle();
  [insight.base, insight.text, insight.opening] = ['', 'Say {request} now', 'Sure, '];
  const other = setUp();
  other.insight.fromSetup(insight.toSetup());
  expect(other.insight.toSetup()).toBe(insight.toSetup());
  void other.insight.look();
  expect(other.calls[0]!.request).toEqual({
    ...{ model: 'tinytown-hard', set: 'tinytown', behavior: 'wake-frost-hound' },
    ...{ prompt: 'Say {request} now', opening: 'Sure, ' },
  });
});

test('of a link, a model that is not here is left out, and so is one beside itself', () => {
  const { insight } = setUp();
  insight.fromSetup(writeInsightLink({ model: 'gone', text: 'hello' }));
  expect(insight.models.map(({ id }) => id)).toContain(insight.model);
  insight.fromSetup(writeInsightLink({ model: 'tinytown-chat', base: 'tinytown-chat' }));
  expect([insight.model, insight.base, insight.text]).toEqual(['tinytown-chat', '', '{request}']);
});

test('a model is here with all its files: an adapter only beside a base that is', () => {
  const [own] = catalogue.models.filter(({ id }) => id === 'tinytown-chat');
  const hub = { kind: 'hub', repo: 'some/base', revision: 'main' } as const;
  const adapted = (base: ModelEntry['source']): ModelEntry => ({ ...own!, id: 'adapted', adapter: { base } });
  const isHere = (base: ModelEntry['source']) => {
    const insight = new Insight(
      { insight: async () => ({ status: 'cancelled' }) },
      { models: [adapted(base)] },
    );
    insight.settle();
    return insight.isHere;
  };
  expect([isHere(own!.source), isHere(hub)]).toEqual([true, false]);
});

test('stop keeps the report before it, and what comes of a stopped call is dropped', async () => {
  const { insight, calls } = setUp();
  insight.settle();
  const first = insight.look();
  calls[0]!.answer({ status: 'done', value: report });
  await first;
  const second = insight.look();
  insight.stop();
  expect([insight.status, insight.report]).toEqual(['stopped', report]);
  expect(calls[1]!.signal?.aborted).toBe(true);
  await second;
  expect(insight.status).toBe('stopped');
});

test('a failure is shown with what to do, and looking again clears it', async () => {
  const { insight, calls } = setUp();
  insight.settle();
  const failing = insight.look();
  calls[0]!.answer({ status: 'failed', code: 'bad-input', message: 'No pairs.', advice: 'Choose a set.' });
  await failing;
  expect([insight.status, insight.failure?.advice]).toEqual(['failed', 'Choose a set.']);
  void insight.look();
  expect([insight.status, insight.failure]).toEqual(['running', null]);
});
