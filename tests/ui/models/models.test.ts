import { afterEach, expect, test, vi } from 'vitest';
import type { SealMessage } from '../../../src/lab/seal/messages.ts';
import type { LoadProgress } from '../../../src/lab/records/events.ts';
import type { StoredModel } from '../../../src/lab/records/stored-model.ts';
import type { LabClient } from '../../../src/lab/worker/lab-client.ts';
import { askForFiles } from '../../../src/lab/seal/page-airlock.ts';
import { toHubConfig } from '../../../src/models/llama.ts';
import type { ModelEntry } from '../../../src/ui/types.ts';
import { Airlock } from '../../../src/ui/models/airlock.svelte.ts';
import { filterKnown, parameterCount } from '../../../src/ui/models/known-list.ts';
import { Fits } from '../../../src/ui/models/fits.svelte.ts';
import type { Capabilities } from '../../../src/ui/models/device.svelte.ts';
import { ModelLoads } from '../../../src/ui/state/model-loads.svelte.ts';
import { StoredModels } from '../../../src/ui/models/stored-models.svelte.ts';
import { LabInfo } from '../../../src/ui/state/lab-info.svelte.ts';
import { tinyConfig } from '../../models/tiny-model.ts';
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
const capabilities: Capabilities = { adapter: null, memoryBytes: 8e9, cores: 2, freeBytes: 10e9 };

async function fitsOn(change: Partial<Capabilities> = {}) {
  const labInfo = new LabInfo(createFakeLab(), async () => plan);
  await labInfo.open();
  return new Fits(labInfo, { capabilities: { ...capabilities, ...change } }, { stored: {} });
}

test('each model is told to run, to be slow or not to run, with the reason and what would', async () => {
  const fits = await fitsOn();
  expect(fits.of(bundled.id)).toMatchObject({ verdict: 'will run', alternative: null });
  expect(fits.of('onnx-community/Qwen2.5-0.5B-Instruct')!.verdict).toBe('will run');
  const tooLarge = fits.of('Qwen/Qwen2.5-3B-Instruct')!;
  expect(tooLarge).toMatchObject({
    verdict: 'will not run',
    alternative: { id: expect.stringMatching(/Qwen/) },
  });
  expect(tooLarge.reasons).toEqual([expect.stringMatching(/It takes .* GB of memory/)]);
  expect(fits.of('Qwen3-0.6B-q4f16_1-MLC')).toBeNull();
  expect((await fitsOn({ freeBytes: 1e8 })).of('onnx-community/Qwen2.5-0.5B-Instruct')!.reasons[0]).toMatch(
    /the browser grants 0.10 GB more/,
  );
});

test('the catalogue is narrowed by words and kind', () => {
  const ids = (text: string, kind: 'judge' | null = null) =>
    filterKnown(catalogue.known, { text, kind }).map(({ id }) => id);
  expect(ids('smollm2 135')).toEqual(['HuggingFaceTB/SmolLM2-135M-Instruct']);
  expect(ids('', 'judge')).toContain('Qwen/Qwen3Guard-Gen-0.6B');
  expect(ids('no such model')).toEqual([]);
  expect([134_515_008, 999_885_952, 1_235_814_400].map(parameterCount)).toEqual(['135M', '1.0B', '1.2B']);
});

test('a load shows each file once, as far as it has come', async () => {
  let report: (progress: LoadProgress) => void = () => {};
  let finish: () => void = () => {};
  const load: LabClient['load'] = (_model, { onProgress } = {}) => {
    report = (progress) => onProgress?.(progress);
    return new Promise((resolve) => (finish = () => resolve({ status: 'done', value: undefined })));
  };
  const modelLoads = new ModelLoads({ load });
  const loading = modelLoads.load('m');
  const part = (file: string, loadedBytes: number) => ({ model: 'm', file, loadedBytes, totalBytes: 10 });
  [part('a', 1), part('b', 2), part('a', 9)].forEach((progress) => report(progress));
  expect(modelLoads.of('m')).toMatchObject({ status: 'loading', files: [part('a', 9), part('b', 2)] });
  expect(modelLoads.underway).toEqual({ id: 'm', bytes: 11 });
  finish();
  await loading;
  expect(modelLoads.underway).toBeNull();
  expect(modelLoads.ready).toEqual(['m']);
});

test('a cancelled load is idle at once, and can be started again before the first has ended', async () => {
  const signals: AbortSignal[] = [];
  const ends: (() => void)[] = [];
  const load: LabClient['load'] = (_model, { signal } = {}) => {
    signals.push(signal!);
    return new Promise((resolve) => ends.push(() => resolve({ status: 'cancelled' })));
  };
  const modelLoads = new ModelLoads({ load });
  const first = modelLoads.load('m');
  modelLoads.cancel('m');
  expect([modelLoads.of('m').status, signals[0]!.aborted]).toEqual(['idle', true]);
  void modelLoads.load('m');
  ends[0]!();
  await first;
  expect(modelLoads.of('m').status).toBe('loading');
});

/** A service worker that answers by the type of the message, and keeps what it was asked. */
function stubSeal(answers: Partial<Record<SealMessage['type'], unknown>>) {
  const asked: SealMessage[] = [];
  const postMessage = (message: SealMessage, [port]: MessagePort[]) => {
    asked.push(message);
    port!.postMessage(answers[message.type] ?? { ok: true });
  };
  vi.stubGlobal('navigator', { serviceWorker: { controller: { postMessage } } });
  return asked;
}
const folder = 'hub/huggingface.co/org/big/main/';
const file = (path: string, bytes: number) => ({ path, bytes, hash: { algorithm: 'git-blob', hex: '00' } });
const list = {
  repository: { host: 'huggingface.co', repo: 'org/big', revision: 'main' } as const,
  folder,
  commit: 'c0ffee',
  files: [
    file('README.md', 1),
    file('config.json', 2),
    file('model.safetensors', 900),
    file('onnx/model.onnx', 400),
    file('onnx/model_quantized.onnx', 100),
  ],
};
const answers = {
  'hub-stored': { stored: [false] },
  'hub-lists': { lists: [list] },
  mirror: { address: null },
  'hub-config': { text: null },
  'airlock-open': { token: 'opening-1' },
};
const airlockOf = () => {
  const load = vi.fn(async () => {});
  const of = () => ({ status: 'ready', files: [], failure: null }) as const;
  const downloads = {
    download: vi.fn(async () => true),
    store: vi.fn(async () => ({ id: 'big@1', task: 'text-generation' }) as StoredModel),
    cancel: vi.fn(),
  };
  const ledger = { refresh: async () => {} };
  const airlock = new Airlock({ modelLoads: { load, of }, downloads, ledger, device: () => 'wasm' });
  return { load, downloads, airlock };
};
afterEach(() => vi.unstubAllGlobals());

test('a model of this site loads at once, one from outside after the user agrees to ask and to its files', async () => {
  const asked = stubSeal({ ...answers, 'hub-config': { text: JSON.stringify({ model_type: 'bert' }) } });
  const { load, downloads, airlock } = airlockOf();
  await airlock.load(bundled);
  expect(load).toHaveBeenCalledWith(bundled.id, 'text-generation');
  await airlock.load(big);
  expect(airlock.question).toMatchObject({ hosts: ['huggingface.co'], offers: null });
  await airlock.ask();
  const [offer] = airlock.question!.offers!;
  const paths = ['README.md', 'config.json', 'onnx/model_quantized.onnx'];
  expect(offer!.files.map(({ path }) => path)).toEqual(paths);
  expect(load).toHaveBeenCalledTimes(1);
  await airlock.agree();
  const files = {
    name: 'org/big',
    folder,
    paths,
    commit: 'c0ffee',
    how: 'keep',
    task: 'text-generation',
    mirror: null,
  };
  expect(downloads.download).toHaveBeenCalledWith(files);
  expect(downloads.store).toHaveBeenCalledWith(files);
  expect(load).toHaveBeenLastCalledWith('big@1', 'text-generation');
  expect(asked.slice(-2)).toEqual([
    { type: 'airlock-open', model: 'org/big', files: [files] },
    { type: 'airlock-close', token: 'opening-1', loaded: true },
  ]);
});

test('a second download waits until the first has ended and closed its airlock', async () => {
  const asked = stubSeal(answers);
  const { downloads, airlock } = airlockOf();
  const ends: ((whole: boolean) => void)[] = [];
  downloads.download.mockImplementation(() => new Promise((resolve) => ends.push(resolve)));
  const begun = { ...list, paths: ['config.json'], bytes: 2, arrivedBytes: 1 };
  const first = airlock.resume(begun);
  await vi.waitFor(() => expect(ends).toHaveLength(1));
  expect(downloads.download).toHaveBeenLastCalledWith(expect.objectContaining({ task: 'text-generation' }));
  const second = airlock.resume({ ...begun, name: 'org/big', task: 'text-classification' });
  expect(downloads.cancel).toHaveBeenCalledTimes(2);
  ends[0]!(false);
  await first;
  await vi.waitFor(() => expect(ends).toHaveLength(2));
  expect(downloads.download).toHaveBeenLastCalledWith(
    expect.objectContaining({ name: 'org/big', task: 'text-classification' }),
  );
  ends[1]!(false);
  await second;
  expect(asked.map(({ type }) => type).filter((type) => type.startsWith('airlock'))).toEqual([
    'airlock-open',
    'airlock-close',
    'airlock-open',
    'airlock-close',
  ]);
});

test.each([
  [[], ['onnx/model_q4.onnx']],
  [['shader-f16'], ['onnx/model_q4f16.onnx']],
])('graphs are those that the graphics adapter can compute: %j', async (features, weights) => {
  const graphs = [file('onnx/model_q4.onnx', 50), file('onnx/model_q4f16.onnx', 40)];
  stubSeal({
    ...answers,
    'hub-lists': { lists: [{ ...list, files: graphs }] },
    'hub-config': { text: JSON.stringify({ model_type: 'bert' }) },
  });
  const gpu = { requestAdapter: async () => ({ features: new Set(features) }) };
  vi.stubGlobal('navigator', { ...navigator, gpu });
  const [offer] = await askForFiles(big, 'webgpu');
  expect(offer!.files.map(({ path }) => path)).toEqual(weights);
});

test('weights that the importer reads are taken in place of graphs', async () => {
  stubSeal({ ...answers, 'hub-config': { text: JSON.stringify(toHubConfig(tinyConfig)) } });
  const { airlock } = airlockOf();
  await airlock.load(big);
  await airlock.ask();
  const [offer] = airlock.question!.offers!;
  expect(offer).toMatchObject({ how: 'import' });
  expect(offer!.files.map(({ path }) => path)).toEqual(['README.md', 'config.json', 'model.safetensors']);
});

test('a mirror is named in place of the hub', async () => {
  stubSeal({ ...answers, mirror: { address: 'https://mirror.example' } });
  const { airlock } = airlockOf();
  await airlock.load(big);
  expect(airlock.question!.hosts).toEqual(['https://mirror.example (mirror of huggingface.co)']);
});

test('a user who turns away while the hub is asked is not asked again', async () => {
  stubSeal(answers);
  const { load, airlock } = airlockOf();
  await airlock.load(big);
  const asking = airlock.ask();
  airlock.refuse();
  await asking;
  expect([airlock.question, load.mock.calls.length]).toEqual([null, 0]);
});

test('a hub that refuses leaves the reason', async () => {
  stubSeal({ ...answers, 'hub-lists': { refused: 'No such model.' } });
  const { airlock } = airlockOf();
  await airlock.load(big);
  await airlock.ask();
  expect([airlock.failure?.message, airlock.question]).toEqual(['No such model.', null]);
});

test('without a service worker nothing outside is loaded, and the page says so', async () => {
  const { load, airlock } = airlockOf();
  vi.stubGlobal('navigator', {});
  await airlock.load(big);
  await airlock.ask();
  expect(load).not.toHaveBeenCalled();
  expect(airlock.failure?.advice).toMatch(/Reload/);
});

test('stored models are told from others, and nothing is guessed where nothing answers', async () => {
  const site = 'https://lab.example/app/';
  const match = vi.fn(async () => undefined);
  const storedModels = new StoredModels({ match }, site);
  stubSeal({ 'hub-stored': { stored: [true, true, false] } });
  const webllm: ModelEntry = {
    ...bundled,
    id: 'w',
    source: { kind: 'webllm', modelId: 'w', library: 'w.wasm' },
  };
  await storedModels.look([bundled, big, webllm]);
  expect(storedModels.stored).toEqual({ [bundled.id]: false, big: true, w: false });
  expect(match).toHaveBeenCalledWith(`${site}models/${bundled.id}/config.json`, { ignoreSearch: true });
  vi.stubGlobal('navigator', {});
  await storedModels.look([big]);
  expect(storedModels.stored).toEqual({});
});

test('a hub model is named org/name; any other unknown name is refused with advice', async () => {
  const labInfo = new LabInfo(createFakeLab(), async () => plan);
  await labInfo.open();
  expect(labInfo.addModel('org/name:Q4_1.gguf').source).toEqual({
    kind: 'hub',
    repo: 'org/name',
    revision: 'main',
    file: 'Q4_1.gguf',
  });
  expect(() => labInfo.addModel('nonsense')).toThrow(/no model/);
  expect(labInfo.addModel('org/guard', 'text-classification').task).toBe('text-classification');
  expect(labInfo.models).toEqual(catalogue.models);
});

test('a model that was added by its address is listed at the next visit too, until it is taken off', async () => {
  const kept = new Map<string, string>();
  const storage = {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
  };
  const visit = async () => {
    const labInfo = new LabInfo(createFakeLab(), async () => plan, storage);
    await labInfo.open();
    return labInfo;
  };
  const id = 'https://lab.example/guard/';
  const entry = (await visit()).addModel(id, 'text-classification');
  const later = await visit();
  expect(later.models.at(-1)).toEqual(entry);
  later.addModel(id, 'text-classification');
  expect(later.models.filter((model) => model.id === id)).toHaveLength(1);
  later.forgetModel(id);
  expect((await visit()).models).toEqual(catalogue.models);
  expect((await visit()).addModel('endpoint:small').source).toEqual({ kind: 'endpoint' });
  expect((await visit()).models).toEqual(catalogue.models);
  kept.set('glovebox-added-models', '{"id":1}');
  expect((await visit()).models).toEqual(catalogue.models);
});

test('a model behind a server is listed for as long as the page lasts', async () => {
  const labInfo = new LabInfo(createFakeLab(), async () => plan);
  await labInfo.open();
  const entry = labInfo.addModel('endpoint:small');
  expect(labInfo.models.at(-1)).toEqual(entry);
  labInfo.addModel('endpoint:small');
  expect(labInfo.models).toHaveLength(catalogue.models.length + 1);
});

test('a lab that does not start leaves advice instead of an empty page', async () => {
  const lab = createFakeLab();
  const labInfo = new LabInfo(
    { ...lab, catalogue: () => Promise.reject(new Error('no worker')) },
    async () => plan,
  );
  await labInfo.open();
  expect(labInfo.failure).toMatchObject({ message: expect.stringContaining('no worker') });
});

test('a lab that does not start before all its files are here names the network, not the browser', async () => {
  const lab = { ...createFakeLab(), catalogue: () => Promise.reject(new Error('ended')) };
  const labInfo = new LabInfo(
    lab,
    async () => plan,
    null,
    async () => 40,
  );
  await labInfo.open();
  expect(labInfo.failure?.advice).toMatch(/^40 files .* Connect and reload/);
});

test('stacks are named by the titles of their methods', async () => {
  const labInfo = new LabInfo(createFakeLab(), async () => plan);
  await labInfo.open();
  const title = (id: string) => catalogue.defenses.find((card) => card.id === id)!.title;
  expect(labInfo.name('none')).toBe('No defense');
  expect(labInfo.name('self-reminder+safe-decoding')).toBe(
    `${title('self-reminder')} + ${title('safe-decoding')}`,
  );
  expect(labInfo.name('both')).toBe('both');
});
