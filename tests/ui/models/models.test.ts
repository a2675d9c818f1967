import { afterEach, expect, test, vi } from 'vitest';
import type { LoadProgress } from '../../../src/lab/records/events.ts';
import type { LabClient } from '../../../src/lab/worker/client.ts';
import type { ModelEntry } from '../../../src/ui/types.ts';
import { Airlock } from '../../../src/ui/models/airlock.svelte.ts';
import { fitOf, type DeviceFacts } from '../../../src/ui/models/fit.ts';
import { ModelShelf } from '../../../src/ui/state/model-loads.svelte.ts';
import { Stock } from '../../../src/ui/models/stored-models.svelte.ts';
import { Workbench } from '../../../src/ui/state/lab-info.svelte.ts';
import { catalogue, createFakeLab } from '../fake-lab.ts';
import { plan } from '../plan.ts';

const bundled = catalogue.models[0]!;
const big: ModelEntry = {
  ...bundled,
  id: 'big',
  source: { kind: 'hub', repo: 'org/big', revision: 'main' },
  bytes: 700_000_000,
  needs: { webgpu: true, f16: true },
};
const facts: DeviceFacts = { webgpu: true, f16: true, memoryBytes: 8e9, freeBytes: 10e9 };

test('a model that needs what the device lacks is refused with the reason', () => {
  expect(fitOf(big, facts).verdict).toBe('yes');
  expect(fitOf(big, { ...facts, webgpu: false }).words).toMatch(/WebGPU/);
  expect(fitOf(big, { ...facts, f16: false }).words).toMatch(/half-precision/);
  expect(fitOf(big, { ...facts, freeBytes: 1e8 })).toEqual({
    verdict: 'no',
    words: 'Needs 700 MB; the browser has 100 MB left.',
  });
  expect(fitOf(bundled, { webgpu: false, f16: false, memoryBytes: null, freeBytes: null }).verdict).toBe(
    'yes',
  );
});

test('a load shows each file once, as far as it has come', async () => {
  let report: (progress: LoadProgress) => void = () => {};
  let finish: () => void = () => {};
  const load: LabClient['load'] = (_model, { onProgress } = {}) => {
    report = (progress) => onProgress?.(progress);
    return new Promise((resolve) => (finish = () => resolve({ status: 'done', value: undefined })));
  };
  const shelf = new ModelShelf({ load });
  const loading = shelf.load('m');
  const part = (file: string, loadedBytes: number) => ({ model: 'm', file, loadedBytes, totalBytes: 10 });
  [part('a', 1), part('b', 2), part('a', 9)].forEach((progress) => report(progress));
  expect(shelf.of('m')).toMatchObject({ status: 'loading', files: [part('a', 9), part('b', 2)] });
  expect(shelf.underway).toEqual({ id: 'm', bytes: 11 });
  finish();
  await loading;
  expect(shelf.underway).toBeNull();
  expect(shelf.ready).toEqual(['m']);
});

test('a cancelled load is idle at once, and can be started again before the first has ended', async () => {
  const signals: AbortSignal[] = [];
  const ends: (() => void)[] = [];
  const load: LabClient['load'] = (_model, { signal } = {}) => {
    signals.push(signal!);
    return new Promise((resolve) => ends.push(() => resolve({ status: 'cancelled' })));
  };
  const shelf = new ModelShelf({ load });
  const first = shelf.load('m');
  shelf.cancel('m');
  expect([shelf.of('m').status, signals[0]!.aborted]).toEqual(['idle', true]);
  void shelf.load('m');
  ends[0]!();
  await first;
  expect(shelf.of('m').status).toBe('loading');
});

test('a model of this site loads at once, one from outside is asked about first', async () => {
  const load = vi.fn(async () => {});
  const airlock = new Airlock({ load }, { refresh: async () => {} });
  await airlock.load(bundled);
  expect(load).toHaveBeenCalledWith(bundled.id, 'text-generation');
  await airlock.load(big);
  expect(load).toHaveBeenCalledTimes(1);
  expect(airlock.question?.prefixes).toEqual(['https://huggingface.co/org/big/resolve/main/']);
  airlock.refuse();
  expect(airlock.question).toBeNull();
});

afterEach(() => vi.unstubAllGlobals());

test('without a service worker nothing outside is loaded, and the reader is told', async () => {
  const load = vi.fn(async () => {});
  const airlock = new Airlock({ load }, { refresh: async () => {} });
  vi.stubGlobal('navigator', {});
  await airlock.load(big);
  await airlock.agree();
  expect(load).not.toHaveBeenCalled();
  expect(airlock.failure?.advice).toMatch(/Reload/);
});

test('the stock tells stored models from others, and does not guess where it cannot look', async () => {
  const site = 'https://lab.example/app/';
  const match = vi.fn(async (url: unknown) => (String(url).includes('org/big') ? new Response() : undefined));
  const stock = new Stock({ match }, site);
  const webllm: ModelEntry = { ...bundled, id: 'w', source: { kind: 'webllm', modelId: 'w' } };
  await stock.look([bundled, big, webllm]);
  expect(stock.stored).toEqual({ [bundled.id]: false, big: true });
  expect(match.mock.calls[0]![0]).toBe(`${site}models/${bundled.id}/config.json`);
});

test('a hub model is named org/name; any other unknown name is refused with advice', async () => {
  const workbench = new Workbench(createFakeLab(), async () => plan);
  await workbench.open();
  const entry = workbench.addModel('org/name');
  expect(workbench.models).toContain(entry);
  expect(() => workbench.addModel('nonsense')).toThrow(/no model/);
  expect(workbench.addModel('org/guard', 'text-classification').task).toBe('text-classification');
  workbench.addModel('org/name');
  expect(workbench.models.filter(({ id }) => id === 'org/name')).toHaveLength(1);
});

test('a lab that does not start leaves advice instead of an empty page', async () => {
  const lab = createFakeLab();
  const workbench = new Workbench(
    { ...lab, catalogue: () => Promise.reject(new Error('no worker')) },
    async () => plan,
  );
  await workbench.open();
  expect(workbench.failure).toMatchObject({ message: expect.stringContaining('no worker') });
});

test('stacks are named by the titles of their methods', async () => {
  const workbench = new Workbench(createFakeLab(), async () => plan);
  await workbench.open();
  const title = (id: string) => catalogue.defenses.find((card) => card.id === id)!.title;
  expect(workbench.name('none')).toBe('No defense');
  expect(workbench.name('self-reminder+safe-decoding')).toBe(
    `${title('self-reminder')} + ${title('safe-decoding')}`,
  );
  expect(workbench.name('both')).toBe('both');
});
