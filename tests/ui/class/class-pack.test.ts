import { BlobReader, TextWriter, ZipReader } from '@zip.js/zip.js/lib/zip-core-native.js';
import { expect, test } from 'vitest';
import { parseClassContents } from '../../../src/lab/records/class-contents.ts';
import { Carried } from '../../../src/ui/class/carried.svelte.ts';
import { ClassPack, type PackHost } from '../../../src/ui/class/class-pack.svelte.ts';
import { plan } from '../plan.ts';

const listed = { url: 'class.json', revision: 'r', bytes: 2, sha256: '0' };
const site: Readonly<Record<string, string>> = {
  'class.json': '{}',
  'service.worker.js': `start([${JSON.stringify(listed)}])`,
  'service.worker.mirror.js': '',
  'serve.mjs': '',
  _headers: '',
};
function start(changes: Partial<PackHost> = {}) {
  const saved: Blob[] = [];
  const host: PackHost = {
    appFiles: async () => [listed],
    controlled: async () => {},
    fetch: async (path) => new Response(site[path] ?? null, { status: path in site ? 200 : 404 }),
    pick: null,
    save: (_name, content) => void saved.push(content),
    ...changes,
  };
  const lab = { exportModel: async () => ({ status: 'done', value: new Blob(['weights']) }) as const };
  return { pack: new ClassPack(lab, () => host), saved };
}
const model = { id: 'own@1', title: 'Own', bytes: 7 };
const ownPlan = { name: plan.name, plan: async () => plan };

test('a saved pack lists its models and plans as a copy reads them', async () => {
  const { pack, saved } = start();
  await pack.save([model], [ownPlan]);
  expect(pack.failure).toBeNull();
  expect(pack.isSaved).toBe(true);
  const entries = await new ZipReader(new BlobReader(saved[0]!)).getEntries();
  const text = async (path: string) => {
    const entry = entries.find(({ filename }) => filename === `glovebox/${path}`);
    return entry && !entry.directory ? entry.getData(new TextWriter()) : null;
  };
  const contents = parseClassContents(JSON.parse((await text('class.json'))!));
  expect(contents.models).toEqual([{ ...model, file: 'class/model-1.zip' }]);
  expect(contents.plans).toEqual([{ name: plan.name, file: 'class/plan-1.json' }]);
  expect(await text('class/model-1.zip')).toBe('weights');
  expect(JSON.parse((await text('class/plan-1.json'))!)).toEqual(JSON.parse(JSON.stringify(plan)));
});

test('a dialog that is closed without a choice is no failure', async () => {
  const pick = () => Promise.reject(new DOMException('The user aborted a request.', 'AbortError'));
  const { pack, saved } = start({ pick });
  await pack.save([], []);
  expect([pack.failure, pack.progress, pack.isSaved, saved.length]).toEqual([null, null, false, 0]);
});

test('a site that cannot be reached is told, with what to do', async () => {
  const { pack } = start({ fetch: () => Promise.reject(new TypeError('offline')) });
  await pack.save([], []);
  expect(pack.failure).toMatchObject({ code: 'unreachable' });
  expect(pack.failure!.message).toContain('service.worker.js');
});

test('the size of the app is known before anything is made', async () => {
  const { pack } = start();
  await pack.look();
  expect(pack.appBytes).toBe(2);
});

test('a list names files of its own folder only', () => {
  const list = {
    format: 'glovebox-class',
    version: 1,
    models: [],
    plans: [{ name: 'p', file: '../x.json' }],
  };
  expect(() => parseClassContents(list)).toThrow('class.json is not valid');
});

test('a carried file that is not there says so', async () => {
  const carried = new Carried(async () => new Response(null, { status: 404 }));
  expect(await carried.take('class/model-1.zip')).toBeNull();
  expect(carried.failure!.message).toContain('class/model-1.zip');
});
