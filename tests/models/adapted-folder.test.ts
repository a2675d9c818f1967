/** @file A low-rank adapter on a bundled model, merged while it is loaded. */
import { beforeAll, afterAll, describe, expect, test } from 'vitest';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serve } from '../../scripts/serve.ts';
import { user } from '../../src/core/chat.ts';
import { createRandom } from '../../src/core/random.ts';
import { openModelFolder } from '../../src/models/adapted-folder.ts';
import { bundledModels, type ModelEntry } from '../../src/models/catalog.ts';
import { openFolder } from '../../src/models/files.ts';
import { parseLlamaConfig } from '../../src/models/llama.ts';
import { loadModel } from '../../src/models/load.ts';
import { mergeAdapter, writePeft, type LoraAdapter } from '../../src/models/peft.ts';
import { initAdapters } from '../../src/models/runtimes/whitebox/adapters.ts';
import { readSafetensors } from '../../src/models/safetensors.ts';

const plain = bundledModels.find(({ id }) => id === 'tinytown-chat')!;
const folder = mkdtempSync(join(tmpdir(), 'adapter-'));
let models: Awaited<ReturnType<typeof serve>>;
let adapters: Awaited<ReturnType<typeof serve>>;
let entry: ModelEntry;
const projections = ['self_attn.q_proj', 'mlp.down_proj'] as const;

/** @param size of what it adds */
async function adapterOf(size: number, rank = 2): Promise<LoraAdapter> {
  const config = parseLlamaConfig(
    await openFolder(plain.source, { baseUrl: models.url }).json('config.json'),
  );
  const options = { rank, alpha: 2 * rank, projections };
  const random = createRandom('adapter');
  const tensors = new Map(
    [...initAdapters(config, options)].map(([name, { shape, data }]) => [
      name,
      name.endsWith('lora_B.weight')
        ? { shape, data: Float32Array.from(data, () => size * (random.next() - 0.5)) }
        : { shape, data },
    ]),
  );
  return { ...options, tensors };
}

function keep(files: ReadonlyMap<string, Uint8Array>): void {
  for (const [name, bytes] of files) writeFileSync(join(folder, name), bytes);
}

beforeAll(async () => {
  models = await serve({ folder: 'public', port: 0, headers: false });
  adapters = await serve({ folder, port: 0, headers: false });
  entry = {
    ...plain,
    source: { kind: 'url', base: adapters.url },
    runtimes: ['whitebox'],
    adapter: { base: plain.source },
  };
});
afterAll(async () => {
  await Promise.all([models.close(), adapters.close()]);
  rmSync(folder, { recursive: true });
});

const weightsOf = async (model: Pick<ModelEntry, 'source' | 'adapter'>) =>
  openModelFolder(model, { baseUrl: models.url }).bytes('model.safetensors');

describe('a model with an adapter', () => {
  test('has the weights that merging gives, rounded as the model’s own', async () => {
    const adapter = await adapterOf(0.2);
    keep(writePeft(adapter, 'tinytown-chat'));
    const merged = mergeAdapter(readSafetensors(await weightsOf(plain)).tensors, adapter);
    const read = readSafetensors(await weightsOf(entry)).tensors;
    let changed = 0;
    for (const [name, { data }] of read) {
      const wanted = merged.get(name)!.data;
      const gap = data.reduce((most, value, i) => Math.max(most, Math.abs(value - wanted[i]!)), 0);
      expect(gap).toBeLessThan(1e-3);
      if (/q_proj|down_proj/.test(name)) changed++;
    }
    expect(changed).toBe(10);
  });

  test('is the model itself, bit for bit, where the adapter adds nothing', async () => {
    keep(writePeft(await adapterOf(0), 'tinytown-chat'));
    expect(Buffer.compare(await weightsOf(entry), await weightsOf(plain))).toBe(0);
  });

  test('answers otherwise than the model', async () => {
    keep(writePeft(await adapterOf(3), 'tinytown-chat'));
    const options = { device: 'wasm', access: 'white-box', baseUrl: models.url } as const;
    const asked = [user('Where do I buy bread?')];
    const [own, other] = await Promise.all(
      [plain, entry].map(async (model) =>
        (await loadModel(model, options)).generate(asked, { maxNewTokens: 12 }),
      ),
    );
    expect(other!.text).not.toBe(own!.text);
  });

  test('is not held to the stored numbers of the model alone', async () => {
    const [own, adapted] = [plain, entry].map((model) => openModelFolder(model, { baseUrl: models.url }));
    expect(await own!.optionalJson('selftest.json')).not.toBeNull();
    expect(await adapted!.optionalJson('selftest.json')).toBeNull();
  });

  test('is refused where the adapter is of another model', async () => {
    const { tensors, ...rest } = await adapterOf(1);
    const renamed = new Map(
      [...tensors].map(([name, tensor]) => [name.replace('layers.4.', 'layers.40.'), tensor]),
    );
    keep(writePeft({ ...rest, tensors: renamed }, 'tinytown-chat'));
    await expect(weightsOf(entry)).rejects.toThrow(/layers\.40.*does not have/);
    const narrow = new Map(
      [...tensors].map(([name, { shape, data }]) =>
        name.endsWith('lora_A.weight')
          ? [name, { shape: [shape[0]!, shape[1]! / 2], data: data.slice(0, data.length / 2) }]
          : [name, { shape, data }],
      ),
    );
    keep(writePeft({ ...rest, tensors: narrow }, 'tinytown-chat'));
    await expect(weightsOf(entry)).rejects.toThrow(/does not fit/);
  });

  test('is not computed by a graph that holds the weights of the model alone', async () => {
    keep(writePeft(await adapterOf(1), 'tinytown-chat'));
    await expect(
      loadModel(
        { ...entry, runtimes: ['transformers'] },
        { device: 'wasm', access: 'grey-box', baseUrl: models.url },
      ),
    ).rejects.toThrow(/graph of this model holds its weights/);
  });
});
