import { arxiv } from '../core/method.ts';
import { integer, number } from '../core/options.ts';
import { defineFinetuning, trainingDefense } from './finetuning.ts';
import { drawMix, examplesOf, noRows } from './parts/draws.ts';
import { imitation, rowOf } from './parts/rows.ts';

/** Teaches the model to turn back after a harmful answer has begun. */
export const deepAlignment = defineFinetuning({
  id: 'deep-alignment',
  title: 'Deep safety alignment',
  paper: arxiv('2406.05946', 'Safety Alignment Should Be Made More Than Just a Few Tokens Deep'),
  summary: 'Trains refusals that begin after the first words of a harmful answer.',
  differs:
    'Rows are drawn with a share, in place of two batches with weights; it is two fifths, since with the fifth of the paper a small ' +
    'model keeps fewer of its refusals.',
  ...trainingDefense,
  reads: ['benign', 'safe', 'harmful'],
  recipe: { learningRate: 3e-4, steps: 150, warmupSteps: 5 },
  options: {
    share: number({ description: 'Share of refusals among the rows.', default: 0.4, min: 0, max: 1 }),
    atStart: number({ description: 'Share of these that begin at once.', default: 0.5, min: 0, max: 1 }),
    deepest: integer({
      description: 'Most words of the harmful answer that stand before one.',
      default: 50,
      min: 1,
      max: 500,
      unit: 'words',
    }),
    batchSize: integer({ description: 'Rows per update.', default: 16, min: 1, max: 512, unit: 'rows' }),
  },
  async objective({ share, atStart, deepest, batchSize }, { model, data, random }) {
    const benign = examplesOf(data, 'benign', model);
    const requests = data.requests.filter(({ safe, harmful }) => safe.length > 0 && harmful.length > 0);
    if (requests.length === 0) throw noRows(data.requests.length === 0 ? 'harmful' : 'safe');
    return {
      async update(index) {
        const draws = random.fork(index);
        const recovered = Array.from({ length: batchSize }, () => {
          const { prompt, safe, harmful } = draws.pick(requests);
          const words = draws.pick(harmful).split(/(?<=\s)/);
          const deep = draws.next() >= atStart;
          const depth = deep ? 1 + draws.integer(Math.min(deepest, words.length)) : 0;
          return rowOf(model, prompt, draws.pick(safe), words.slice(0, depth).join(''));
        });
        const rows = drawMix(draws, batchSize, [
          { rows: recovered, share },
          { rows: benign, share: 1 - share },
        ]);
        return imitation(rows);
      },
    };
  },
});
