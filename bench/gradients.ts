/** @file Speed of gradients on the white-box runtime: GCG steps and training steps per second. */
import { allThreads, openDevice } from '#arrays/host';
import { gcg } from '../src/attacks/gcg.ts';
import { parseOptions } from '../src/core/options.ts';
import { createRandom } from '../src/core/random.ts';
import { bundledModels, type ModelEntry } from '../src/models/catalog.ts';
import { openFolder } from '../src/models/files.ts';
import type { WhiteBoxModel } from '../src/models/language-model.ts';
import { parseLlamaConfig } from '../src/models/llama.ts';
import { createTrainer, loadWhiteBoxModel } from '../src/models/runtimes/whitebox/index.ts';
import { readSafetensors } from '../src/models/safetensors.ts';
import { median, timed } from './median.ts';
import { parameters } from './parameters.ts';

const { behavior } = parameters.gcg;

const noClassifier = (role: string): never => {
  throw new Error(`GCG asks for no ${role}.`);
};

const draftEntry = bundledModels.find(({ id }) => id === 'tinytown-base')!;

/** Variants of GCG's scoring, as options that differ from its defaults. */
const variants = { usual: {}, withoutPrefixCache: { prefixCache: false }, probeSampling: { probe: true } };

/**
 * Steps per second of each variant: gradient and candidate scoring, without the success tests in between. The draft
 * model of probe sampling has the same size here, so it saves less than a smaller one would.
 */
export async function gcgSpeeds(
  entry: ModelEntry,
  device: 'wasm' | 'webgpu',
  rounds: number,
): Promise<Readonly<Record<keyof typeof variants, number>>> {
  const model = await loadWhiteBoxModel(entry, { device });
  const draft = await loadWhiteBoxModel(draftEntry, { device });
  const speeds: [string, number][] = [];
  for (const [variant, changes] of Object.entries(variants))
    speeds.push([variant, await gcgSpeed(model, draft, changes, rounds)]);
  for (const loaded of [model, draft]) loaded.dispose();
  return Object.fromEntries(speeds) as Readonly<Record<keyof typeof variants, number>>;
}

async function gcgSpeed(
  model: WhiteBoxModel,
  draft: WhiteBoxModel,
  changes: object,
  rounds: number,
): Promise<number> {
  const chosen = { steps: rounds + 1, testEvery: rounds + 1, ...changes };
  const options = parseOptions(gcg.options, chosen, 'gcg');
  const run = gcg.run(behavior, model, options, {
    random: createRandom('bench'),
    signal: new AbortController().signal,
    templates: {},
    others: [],
    spent: () => false,
    fills: () => false,
    role: () => draft,
    classifier: noClassifier,
  });
  await run.next(); // compiles
  const times: number[] = [];
  for (let step = 0; step < rounds; step++) times.push(await timed(() => run.next()));
  await run.return({ messages: [], steps: 0 });
  return 1000 / median(times);
}

const shape = [8, 64] as const;

/** Training steps per second: forward, backward and AdamW on 8 rows of 64 tokens. */
export async function trainingSpeed({ source }: ModelEntry, rounds: number): Promise<number> {
  const folder = openFolder(source);
  const config = parseLlamaConfig(await folder.json('config.json'));
  const { tensors } = readSafetensors(await folder.bytes('model.safetensors'));
  const device = await openDevice('wasm', allThreads());
  const trainer = createTrainer(device, config, tensors, { learningRate: 1e-5 });
  const random = createRandom('bench');
  const ids = Int32Array.from({ length: shape[0] * shape[1] }, () => random.integer(config.vocabSize));
  const batch = { ids, lossWeights: new Float32Array(ids.length).fill(1), shape };
  await trainer.step(batch); // compiles
  const times: number[] = [];
  for (let step = 0; step < rounds; step++) times.push(await timed(() => trainer.step(batch)));
  trainer.dispose();
  return 1000 / median(times);
}
