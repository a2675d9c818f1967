import { LabError } from '../core/errors.ts';
import { arxiv } from '../core/method.ts';
import { dot } from '../core/vectors.ts';
import type { Tensor } from '../models/language-model.ts';
import {
  bestDirection,
  scoredDirections,
  unitOf,
  type ScoredDirection,
} from '../models/refusal-direction.ts';
import { directionOptions } from '../models/refusal-direction-options.ts';
import { defineFinetuning } from './finetuning.ts';
import { examplesOf, noRows } from './parts/draws.ts';

/** Removes the direction of refusals from every weight that writes to the residual stream. */
export const abliteration = defineFinetuning({
  id: 'abliteration',
  title: 'Abliteration',
  paper: arxiv('2406.11717', 'Refusal in Language Models Is Mediated by a Single Direction'),
  summary: 'Removes the direction along which the model refuses from all weights that write to the stream.',
  differs:
    'Refusal is measured by the first tokens of the safe answers in the data. Where the head is the embedding, it changes with it. ' +
    'When no candidate meets the bounds, the one that refuses least is used anyway.',
  access: 'white-box',
  stage: 'training',
  purpose: 'attack',
  taxonomy: [],
  needs: [],
  reads: ['harmful', 'safe', 'benign'],
  setsWeights: true,
  recipe: { learningRate: 1e-4, steps: 1, warmupSteps: 0 },
  options: directionOptions,
  async objective(options, { model, training, data, random, signal }) {
    const refusalIds = new Set(examplesOf(data, 'safe', model).map(({ ids, from }) => ids[from]!));
    const some = (kind: string, from: readonly { readonly prompt: Conversation }[]) =>
      random
        .fork(kind)
        .shuffle(from.map(({ prompt }) => prompt))
        .slice(0, options.prompts);
    const contrast = { harmful: some('harmful', data.requests), harmless: some('harmless', data.benign) };
    if (data.benign.length === 0) throw noRows('benign');
    if (Math.min(contrast.harmful.length, contrast.harmless.length) < 2) throw tooFew();
    return {
      async update() {
        const found: ScoredDirection[] = [];
        const search = { refusalIds, positions: options.positions, share: options.depth, signal };
        for await (const direction of scoredDirections(model, contrast, search)) found.push(direction);
        const best = bestDirection(found, options.mostDrift);
        const { weights } = await training.state();
        const { bypass, induce, drift, boundary } = best;
        return {
          batches: [],
          weights: withoutDirection(weights, unitOf(best)),
          figures: { loss: bypass, refusing: bypass, induce, drift, boundary },
        };
      },
    };
  },
});

type Conversation = Parameters<typeof scoredDirections>[1]['harmful'][number];

const tooFew = (): LabError =>
  new LabError('bad-input', 'There are too few requests to learn the refusal direction from.', {
    advice: 'Give at least two harmful and two harmless requests.',
  });

/** Rows of the first are vectors of the stream; columns of the others are. */
const embedding = 'model.embed_tokens.weight';
const writesToStream = /\.(o_proj|down_proj)\.weight$/;

/** Every weight that writes to the stream with its part along `unit` removed; the others are left out. */
function withoutDirection(
  weights: ReadonlyMap<string, Tensor>,
  unit: readonly number[],
): ReadonlyMap<string, Tensor> {
  const changed = new Map<string, Tensor>();
  for (const [name, { shape, data }] of weights) {
    const isEmbedding = name === embedding;
    if (!isEmbedding && !writesToStream.test(name)) continue;
    const [rows, columns] = shape as [number, number];
    const out = data.slice();
    const [vectors, stride, step] = isEmbedding ? [rows, columns, 1] : [columns, 1, columns];
    for (let vector = 0; vector < vectors; vector++) {
      const at = (i: number) => vector * stride + i * step;
      const along = dot(
        unit.map((_, i) => data[at(i)]!),
        unit,
      );
      for (const [i, part] of unit.entries()) out[at(i)]! -= along * part;
    }
    changed.set(name, { shape, data: out });
  }
  return changed;
}
