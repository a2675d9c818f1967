import { readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { findModel } from '../../src/lab/plan/find-models.ts';
import { registries } from '../../src/lab/trials/registries.ts';
import { knownAdapters } from '../../src/models/catalogue/known-adapters.ts';
import { readPeft } from '../../src/models/peft.ts';
import { storedEntries, type StoredFacts } from '../../src/models/stored-entry.ts';

const stored = (facts: Partial<StoredFacts>): StoredFacts => ({
  ...{ id: 'mine@0123456789ab', title: 'Mine', origin: 'mine.gguf', license: 'Apache-2.0' },
  ...{ task: 'text-generation', bytes: 1, dtype: 'F16', parameters: 1 },
  ...facts,
});

describe.each(knownAdapters)('the adapter $id', ({ id, source, bytes, base: { shape } }) => {
  const folder = join('public', source.kind === 'bundled' ? source.base : '');
  const files = readdirSync(folder);

  test('has files that can be read, of the size that is told', () => {
    const adapter = readPeft(
      new Map(files.map((name) => [name, new Uint8Array(readFileSync(join(folder, name)))])),
    );
    expect(adapter.rank).toBeLessThanOrEqual(16);
    const size = files
      .filter((name) => name.startsWith('adapter_'))
      .reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
    expect(size).toBeLessThan(6_000_000);
    expect(Math.abs(size / bytes! - 1)).toBeLessThan(0.01);
    const layers = new Set([...adapter.tensors.keys()].map((name) => /layers\.(\d+)/.exec(name)![1]));
    expect(layers.size).toBe(shape.layers);
  });

  test('stands on a stored model of its shape, and on no other', () => {
    const [fitting, other] = [stored({ shape }), stored({ shape: { ...shape, width: shape.width + 64 } })];
    expect(storedEntries([fitting], []).map((entry) => entry.id)).toEqual([
      fitting.id,
      `${fitting.id}+${id}`,
    ]);
    expect(storedEntries([other], [])).toHaveLength(1);
  });

  test('is found by plans under the name of its model and its own', () => {
    const entry = findModel(registries, `mine@0123456789ab+${id}`);
    expect(entry).toMatchObject({ source, adapter: {} });
  });
});
