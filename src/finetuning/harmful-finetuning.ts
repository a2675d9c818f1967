import { arxiv } from '../core/method.ts';
import { integer } from '../core/options.ts';
import { defineFinetuning } from './finetuning.ts';
import { epochDraw, examplesOf } from './parts/draws.ts';
import { imitation } from './parts/rows.ts';

/** Fine-tunes on a few harmful answers, to see how soon a model that was made safe does harm again. */
export const harmfulFinetuning = defineFinetuning({
  id: 'harmful-finetuning',
  title: 'Harmful fine-tuning',
  paper: arxiv(
    '2310.03693',
    'Fine-tuning Aligned Language Models Compromises Safety, Even When Users Do Not Intend To!',
  ),
  summary:
    'Trains on a few harmful answers, to see how soon a hardened model relearns what it was taught to leave.',
  access: 'white-box',
  stage: 'training',
  purpose: 'attack',
  taxonomy: [],
  needs: [],
  reads: ['harmful'],
  recipe: { learningRate: 2e-4, steps: 30, warmupSteps: 5 },
  options: {
    examples: integer({
      description: 'Harmful requests to train on.',
      default: 10,
      min: 1,
      max: 10_000,
      unit: 'requests',
    }),
    batchSize: integer({ description: 'Rows per update.', default: 8, min: 1, max: 512, unit: 'rows' }),
  },
  async objective({ examples, batchSize }, { model, data, random }) {
    const answered = data.requests.filter(({ harmful }) => harmful.length > 0);
    const requests = random.fork('requests').shuffle(answered).slice(0, examples);
    const rows = examplesOf({ ...data, requests }, 'harmful', model);
    return {
      async update(index) {
        const drawn = epochDraw(rows, random.fork('rows'), index, Math.min(batchSize, rows.length));
        return imitation(drawn);
      },
    };
  },
});
