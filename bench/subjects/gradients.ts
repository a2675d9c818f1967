/** @file Steps of the white-box runtime: GCG, training of all weights, and training of adapters. */
import { allThreads, openDevice } from '#arrays/host';
import { gcg } from '../../src/attacks/gcg.ts';
import { parseOptions } from '../../src/core/options.ts';
import { createRandom } from '../../src/core/random.ts';
import type { ModelEntry } from '../../src/models/catalog.ts';
import { openFolder } from '../../src/models/files.ts';
import { parseLlamaConfig, type LlamaConfig } from '../../src/models/llama.ts';
import { createTrainer, loadWhiteBoxModel } from '../../src/models/runtimes/whitebox/index.ts';
import { readSafetensors } from '../../src/models/safetensors.ts';
import { timed } from '../median.ts';
import { parameters, type BenchModel } from '../parameters.ts';
import type { Subject } from '../subject.ts';

type Device = 'wasm' | 'webgpu';

const about = (device: Device, threads: number) =>
  device === 'wasm' ? `float32, ${threads} thread(s)` : 'float32';

const noModel = (role: string): never => {
  throw new Error(`This benchmark has no ${role}.`);
};

/** The gradient and the scores of all candidates, without tests of success; the first step compiles. */
export async function gcgSteps(entry: ModelEntry, device: Device): Promise<Subject> {
  const { behavior, suffixLength, topK, candidates } = parameters.gcg;
  const model = await loadWhiteBoxModel(entry, { device });
  const chosen = {
    ...{ steps: 5000, testEvery: 0, suffixLength, topK },
    candidates: candidates[entry.id as BenchModel],
  };
  const run = gcg.run(behavior, model, parseOptions(gcg.options, chosen, 'gcg'), {
    random: createRandom('bench'),
    signal: new AbortController().signal,
    templates: {},
    others: [],
    spent: () => false,
    fills: () => false,
    role: noModel,
    classifier: noModel,
  });
  await run.next(); // the loss of the initial suffix
  return {
    about: about(device, allThreads()),
    async round() {
      let ended: boolean | undefined = false;
      const ms = await timed(async () => ({ done: ended } = await run.next()));
      if (ended) throw new Error('GCG reached its target, so its steps cannot be measured.');
      return ms;
    },
    async close() {
      await run.return({ messages: [], steps: 0 });
      model.dispose();
    },
  };
}

function randomRows({ vocabSize }: LlamaConfig, [rows, length]: readonly [number, number]): Int32Array[] {
  const random = createRandom('bench');
  return Array.from({ length: rows }, () => Int32Array.from({ length }, () => random.integer(vocabSize)));
}

export async function trainingSteps({ source }: ModelEntry, device: Device): Promise<Subject> {
  const { shape, learningRate } = parameters.training;
  const folder = openFolder(source);
  const config = parseLlamaConfig(await folder.json('config.json'));
  const { tensors } = readSafetensors(await folder.bytes('model.safetensors'));
  const threads = allThreads();
  const trainer = createTrainer(await openDevice(device, threads), config, tensors, { learningRate });
  const ids = Int32Array.from(randomRows(config, shape).flatMap((row) => [...row]));
  const batch = { ids, lossWeights: new Float32Array(ids.length).fill(1), shape };
  return {
    about: about(device, threads),
    round: () => timed(() => trainer.step(batch)),
    close: async () => trainer.dispose(),
  };
}

export async function adapterSteps(entry: ModelEntry, device: Device): Promise<Subject> {
  const { shape, learningRate, rank, alpha } = parameters.adapters;
  const model = await loadWhiteBoxModel(entry, { device });
  const learner = await model.learner({ learningRate, adapters: { rank, alpha } });
  const rows = randomRows(model.config, shape).map((ids) => ({ ids: [...ids], from: 1 }));
  return {
    about: about(device, allThreads()),
    round: () => timed(() => learner.learn(rows)),
    async close() {
      learner.dispose();
      model.dispose();
    },
  };
}
