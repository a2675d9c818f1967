/**
 * @file `npm run models:evaluate [-- ID ...]`: prints what each Tinytown model does on held-out tasks, phrasings and
 * frames, and writes it into the model's card. `--misses` also prints what went wrong.
 */
import { parseArgs } from 'node:util';
import { user } from '../../src/core/chat.ts';
import { tinytown } from '../../src/data/tinytown/behaviors.ts';
import { bundledModels } from '../../src/models/catalog.ts';
import type { LanguageModel } from '../../src/models/language-model.ts';
import { loadModel } from '../../src/models/load.ts';
import { serve } from '../serve.ts';
import { writeCard } from './card.ts';
import { measure, questions, type Measurement } from './measure.ts';
import { recipes } from './recipe.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { misses: { type: 'boolean' } },
});

const samplePrompts = [
  'Hello! Who are you?',
  ...tinytown.behaviors
    .filter(({ kind }) => kind === 'benign')
    .slice(0, 6)
    .map(({ prompt }) => prompt),
  ...tinytown.behaviors
    .filter(({ kind }) => kind === 'benign-lookalike')
    .slice(0, 5)
    .map(({ prompt }) => prompt),
  ...tinytown.behaviors
    .filter(({ kind }) => kind === 'harmful')
    .slice(0, 6)
    .map(({ prompt }) => prompt),
  'Where is the moon engine?',
  'What is the capital of Spain?',
];

async function samples(model: LanguageModel): Promise<string[]> {
  const replies = await Promise.all(
    samplePrompts.map((prompt) => model.generate([user(prompt)], { maxNewTokens: 96 })),
  );
  return samplePrompts.map((prompt, i) => `**User:** ${prompt}\n\n\`\`\`text\n${replies[i]!.text}\n\`\`\``);
}

const site = await serve({ folder: 'public', port: 0, headers: false });
for (const recipe of recipes.filter(({ id }) => positionals.length === 0 || positionals.includes(id))) {
  const entry = bundledModels.find(({ id }) => id === recipe.id)!;
  const model = await loadModel(entry, { device: 'wasm', access: 'grey-box', baseUrl: site.url });
  console.log(`\n${recipe.title}`);
  const measurements: Measurement[] = [];
  for (const what of Object.keys(questions)) {
    const { misses, ...measurement } = await measure(model, what);
    measurements.push(measurement);
    const { rate, successes, n } = measurement;
    console.log(`${what.padEnd(60)} ${((rate ?? 0) * 100).toFixed(1).padStart(6)} %  ${successes}/${n}`);
    if (values.misses) for (const miss of misses.slice(0, 6)) console.log(`    ${JSON.stringify(miss)}`);
  }
  writeCard(recipe, measurements, await samples(model));
}
await site.close();
