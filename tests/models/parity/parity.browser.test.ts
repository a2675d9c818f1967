/** The runtimes that the lab ships, each in a worker of its own in a real browser, on the real Tinytown models. */
import { wrap, type Remote } from 'comlink';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Behavior } from '../../../src/core/behavior.ts';
import type { Runtime } from '../../../src/models/catalog.ts';
import type { ScoringRequest } from '../../../src/models/language-model.ts';
import type { Device } from '../../../src/models/load.ts';
import type { Probe } from './probe.worker.ts';
import { compliance, mixed } from './questions.ts';

/** Of a logit, or of a log-prob in nats. */
const tolerance = 1e-3;

interface Started {
  readonly name: string;
  readonly probe: Remote<Probe>;
  end(): void;
}

/** ONNX Runtime's build is chosen by the worker's name (src/models/runtimes/transformers/ort.ts). */
async function start(model: string, runtime: Runtime, device: Device): Promise<Started> {
  const worker = new Worker(new URL('./probe.worker.ts', import.meta.url), {
    type: 'module',
    name: `lab-${device}`,
  });
  const probe = wrap<Probe>(worker);
  const crashed = new Promise<never>((_, reject) => {
    worker.addEventListener('error', ({ message }) =>
      reject(new Error(`${runtime} on ${device}: ${message}`)),
    );
  });
  await Promise.race([probe.load({ model, runtime, device, site: `${location.origin}/` }), crashed]);
  return { name: `${runtime} on ${device}`, probe, end: () => worker.terminate() };
}

const requestsOf = (probe: Remote<Probe>, behaviors: readonly Behavior[]): Promise<ScoringRequest[]> =>
  Promise.all(behaviors.map((behavior) => probe.request(behavior.prompt, compliance(behavior))));

/** The largest difference between any two numbers in the same place. */
function farthest(a: readonly Float32Array[], b: readonly Float32Array[]): number {
  expect(a.map(({ length }) => length)).toEqual(b.map(({ length }) => length));
  let most = 0;
  a.forEach((values, i) =>
    values.forEach((value, j) => {
      const gap = Math.abs(value - b[i]![j]!);
      if (!(gap <= most)) most = gap; // NaN counts as the farthest
    }),
  );
  return most;
}

/** Everything that is compared between two runtimes, as numbers. */
async function numbers({ probe }: Started, requests: readonly ScoringRequest[], walked: number) {
  const forced: Float32Array[] = [];
  for (const request of requests.slice(0, walked)) forced.push(...(await probe.forcedLogits(request)));
  return {
    'logits after the prompt': await probe.nextLogits(requests.map(({ prompt }) => prompt)),
    'logits along the answer': forced,
    'log-probs of the answer': await probe.logProbs(requests),
  };
}
type Numbers = Awaited<ReturnType<typeof numbers>>;
const quantities = ['logits after the prompt', 'logits along the answer', 'log-probs of the answer'] as const;

type Measured = readonly [started: Started, numbers: Numbers];

/** Asserts that each pair agrees. All differences are noted with the test first, for `--reporter=verbose`. */
async function expectAgreement(
  pairs: readonly (readonly [Measured, Measured])[],
  annotate: (message: string) => Promise<unknown>,
) {
  const differences: string[] = [];
  for (const [[a, ofA], [b, ofB]] of pairs)
    for (const quantity of quantities) {
      const gap = farthest(ofA[quantity], ofB[quantity]);
      const line = `${quantity}, ${a.name} against ${b.name}: ${gap.toExponential(1)}`;
      await annotate(line);
      if (!(gap < tolerance)) differences.push(line);
    }
  expect(differences).toEqual([]);
}

let transformers: Started;
let whitebox: Started;
beforeAll(async () => {
  [transformers, whitebox] = await Promise.all([
    start('tinytown-chat', 'transformers', 'wasm'),
    start('tinytown-chat', 'whitebox', 'wasm'),
  ]);
}, 60_000);
afterAll(() => [transformers, whitebox].forEach((started) => started.end()));

describe('on the processor', () => {
  test('the runtimes compute the same numbers', async ({ annotate }) => {
    const requests = await requestsOf(transformers.probe, mixed(24));
    const [ofTransformers, ofWhitebox] = await Promise.all([
      numbers(transformers, requests, 4),
      numbers(whitebox, requests, 4),
    ]);
    await expectAgreement(
      [
        [
          [transformers, ofTransformers],
          [whitebox, ofWhitebox],
        ],
      ],
      annotate,
    );
  });

  test('the runtimes write the same answers to fifty questions', async () => {
    const questions = mixed(50).map(({ prompt }) => prompt);
    const [ofTransformers, ofWhitebox] = await Promise.all([
      transformers.probe.answers(questions, 48),
      whitebox.probe.answers(questions, 48),
    ]);
    expect(new Set(ofTransformers).size).toBeGreaterThan(10);
    expect(ofWhitebox).toEqual(ofTransformers);
  });
});

const { gpu } = navigator as { readonly gpu?: GPU };
const adapter = (await gpu?.requestAdapter()) ?? null;

// Emulated in software, each new shape takes seconds to compile and each token up to one: few and short runs.
describe('on WebGPU', { timeout: 240_000 }, () => {
  let gpuTransformers: Started;
  let gpuWhitebox: Started;
  beforeAll(async () => {
    if (!adapter) return;
    gpuTransformers = await start('tinytown-chat', 'transformers', 'webgpu');
    gpuWhitebox = await start('tinytown-chat', 'whitebox', 'webgpu');
  }, 240_000);
  afterAll(() => [gpuTransformers, gpuWhitebox].forEach((started) => started?.end()));

  test('the runtimes compute the numbers that they do on the processor', async ({ annotate, skip }) => {
    skip(!adapter, 'navigator.gpu gives no adapter');
    const requests = (await requestsOf(transformers.probe, mixed(3))).map(({ prompt, target }) => ({
      prompt,
      target: target.slice(0, 8),
    }));
    const all: Measured[] = [];
    for (const started of [transformers, whitebox, gpuTransformers, gpuWhitebox])
      all.push([started, await numbers(started, requests, 1)]);
    const pairs = all.flatMap((a, i) => all.slice(i + 1).map((b) => [a, b] as const));
    await expectAgreement(pairs, annotate);
  });

  test('the runtimes write the answers that they do on the processor', async ({ skip }) => {
    skip(!adapter, 'navigator.gpu gives no adapter');
    const questions = mixed(3).map(({ prompt }) => prompt);
    const expected = await transformers.probe.answers(questions, 12);
    expect(await gpuTransformers.probe.answers(questions, 12)).toEqual(expected);
    expect(await gpuWhitebox.probe.answers(questions, 12)).toEqual(expected);
  });
});
