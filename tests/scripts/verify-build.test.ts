import { request } from 'node:https';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { verifyBuild, type HubQuestion } from '../../scripts/catalogue/verify-build.ts';
import { verifyModels } from '../../scripts/catalogue/verify-models.ts';
import { knownModelSchema, type KnownBuild } from '../../src/models/catalogue/known-model.ts';
import { knownModels } from '../../src/models/catalogue/known-models.ts';
import { commit, openStubHub, type StubHub } from '../e2e/stub-hub.ts';

let hub: StubHub;
let question: HubQuestion;
beforeAll(async () => {
  hub = await openStubHub();
  const [, port] = /127\.0\.0\.1:(\d+)/.exec(hub.chromiumArgs[0]!)!;
  question = { hub: 'https://huggingface.co', fetch: throughStub(Number(port)), today: '2026-11-26' };
});
afterAll(() => hub.close());

/** `fetch` whose requests go to the stub, whatever host they name. */
const throughStub =
  (port: number): typeof fetch =>
  (input) =>
    new Promise((resolve, reject) => {
      const { host, pathname, search } = new URL(String(input));
      const path = pathname + search;
      const options = { host: '127.0.0.1', port, path, headers: { host }, rejectUnauthorized: false };
      request(options, (response) => {
        const parts: Buffer[] = [];
        response.on('data', (part: Buffer) => parts.push(part));
        response.on('end', () =>
          resolve(new Response(Buffer.concat(parts), { status: response.statusCode! })),
        );
      })
        .on('error', reject)
        .end();
    });

const build: KnownBuild = {
  format: 'safetensors',
  repo: 'org/model',
  revision: null,
  precision: 'bf16',
  files: null,
  memoryBytes: null,
  verified: 'never',
};
const serve = (...paths: string[]) =>
  hub.repositories.set('org/model', new Map(paths.map((path) => [path, Buffer.from(path)])));

test('files of a build are filled in with commit, sizes and hashes', async () => {
  serve('config.json', 'model-00001-of-00002.safetensors', 'model-00002-of-00002.safetensors');
  const verified = await verifyBuild(build, question);
  expect(verified).toMatchObject({ revision: commit, verified: '2026-11-26' });
  expect(verified.files).toEqual([
    {
      path: 'model-00001-of-00002.safetensors',
      bytes: 32,
      sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
    },
    {
      path: 'model-00002-of-00002.safetensors',
      bytes: 32,
      sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
    },
  ]);
});

test('an ONNX file brings its external data, and no other precision', async () => {
  serve('onnx/model_q4.onnx', 'onnx/model_q4.onnx_data', 'onnx/model.onnx');
  const files = [{ path: 'onnx/model_q4.onnx', bytes: null, sha256: null }];
  const verified = await verifyBuild({ ...build, format: 'onnx', precision: 'q4', files }, question);
  expect(verified.files!.map(({ path }) => path)).toEqual(['onnx/model_q4.onnx', 'onnx/model_q4.onnx_data']);
});

test('a repository that is gone, and a file that is, are named', async () => {
  hub.repositories.delete('org/model');
  await expect(verifyBuild(build, question)).rejects.toThrow(/answered 404 for org\/model at main/);
  serve('onnx/model.onnx');
  const files = [{ path: 'onnx/model_q4.onnx', bytes: null, sha256: null }];
  await expect(verifyBuild({ ...build, format: 'onnx', files }, question)).rejects.toThrow(
    'org/model has no file onnx/model_q4.onnx.',
  );
});

test('every build of the models that are named is asked about, and the others stay as they are', async () => {
  const id = 'HuggingFaceTB/SmolLM2-360M-Instruct';
  const { builds } = knownModels.find((model) => model.id === id)!;
  const weights = { safetensors: 'model.safetensors', webllm: 'params_shard_0.bin', onnx: 'onnx/model.onnx' };
  for (const { repo, format, files } of builds) {
    const content = hub.repositories.get(repo) ?? new Map<string, Uint8Array>();
    const paths = files?.map(({ path }) => path) ?? [weights[format as keyof typeof weights]];
    for (const path of paths) content.set(path, Buffer.from(path));
    hub.repositories.set(repo, content);
  }
  const told: string[] = [];
  const { models, changes, failures } = await verifyModels(knownModels, id, question, (line) =>
    told.push(line),
  );
  expect([changes, failures, told.length]).toEqual([builds.length, 0, builds.length]);
  expect(knownModelSchema.array().parse(models)).toHaveLength(knownModels.length);
  for (const [index, model] of models.entries())
    if (model.id !== id) expect(model).toEqual(knownModels[index]);
    else
      for (const build of model.builds) {
        expect(build).toMatchObject({ revision: commit, verified: '2026-11-26' });
        expect(build.files!.every(({ sha256 }) => sha256 !== null)).toBe(true);
      }

  hub.repositories.delete(builds[0]!.repo);
  const again = await verifyModels(models, id, { ...question, revision: 'main' }, (line) => told.push(line));
  expect(again.failures).toBeGreaterThan(0);
  expect(told.at(-1)).toContain('answered 404');
});
