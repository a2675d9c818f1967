/**
 * @file `npm run models:evaluate [-- ID ...]`: measures each Tinytown model on held-out tasks, phrasings, frames, codes
 * and wishes, prints the results and writes them into the model's card. `--misses` also prints the wrong answers.
 */
import { parseArgs } from 'node:util';
import { bundledModels } from '../../src/models/catalog.ts';
import { loadClassifier, loadModel } from '../../src/models/load.ts';
import { deriveModels } from '../../scripts/derive-models.ts';
import { serve } from '../../scripts/serve.ts';
import { writeCard } from './card.ts';
import {
  guardQuestionsFor,
  holds,
  measure,
  measureGuard,
  questionsFor,
  type Measurement,
} from './measure.ts';
import { recipes } from '../recipe.ts';
import { conversations, verdicts } from './samples.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { misses: { type: 'boolean' } },
});

function print(measurement: Measurement): void {
  const { what, value, count, wanted, misses } = measurement;
  const shown = value === null ? 'could not tell' : `${(value * 100).toFixed(1)} %`;
  const bounds = [wanted?.from && `≥ ${wanted.from * 100}`, wanted?.to && `≤ ${wanted.to * 100}`].filter(
    Boolean,
  );
  const verdict = wanted ? `${bounds.join(', ')} ${holds(measurement) ? 'holds' : 'MISSED'}` : '';
  console.log(`${what.padEnd(76)} ${shown.padStart(8)}  ${count.padEnd(28)} ${verdict}`);
  if (values.misses) for (const miss of misses.slice(0, 6)) console.log(`    ${JSON.stringify(miss)}`);
}

deriveModels();
const site = await serve({ folder: 'public', port: 0, headers: false });
for (const recipe of recipes.filter(({ id }) => positionals.length === 0 || positionals.includes(id))) {
  const entry = bundledModels.find(({ id }) => id === recipe.id)!;
  const measurements: Measurement[] = [];
  const record = (measurement: Measurement) => {
    measurements.push(measurement);
    print(measurement);
  };
  console.log(`\n${recipe.title}`);
  if (recipe.task === 'text-generation') {
    const model = await loadModel(entry, { device: 'wasm', access: 'grey-box', baseUrl: site.url });
    for (const question of questionsFor(recipe)) record(await measure(model, question));
    writeCard(recipe, measurements, await conversations(model, recipe));
  } else {
    const guard = await loadClassifier(entry, { device: 'wasm', baseUrl: site.url });
    for (const question of guardQuestionsFor(recipe)) record(await measureGuard(guard, question));
    writeCard(recipe, measurements, await verdicts(guard, recipe));
  }
}
await site.close();
