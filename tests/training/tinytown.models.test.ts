/** @file Checks on held-out material that the committed Tinytown weights do what their cards promise. */
import { statSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  guardQuestionsFor,
  holds,
  measure,
  measureGuard,
  questionsFor,
} from '../../training/evaluate/measure.ts';
import { recipes } from '../../training/recipe.ts';
import { serve } from '../../scripts/serve.ts';
import { user } from '../../src/core/chat.ts';
import { parseOptions } from '../../src/core/options.ts';
import { isRefusal } from '../../src/core/refusal.ts';
import { behaviorSets } from '../../src/data/index.ts';
import { safeDecoding } from '../../src/defenses/decoding/safe-decoding.ts';
import { bundledModels } from '../../src/models/catalog.ts';
import type { ScoringModel } from '../../src/models/language-model.ts';
import { loadClassifier, loadModel } from '../../src/models/load.ts';

let site: Awaited<ReturnType<typeof serve>>;
beforeAll(async () => {
  site = await serve({ folder: 'public', port: 0, headers: false });
});
afterAll(() => site.close());

const entryOf = (id: string) => bundledModels.find((entry) => entry.id === id)!;

describe.each(recipes)('$id', (recipe) => {
  test('meets the bounds of every question', async () => {
    const options = { device: 'wasm', access: 'grey-box', baseUrl: site.url } as const;
    const entry = entryOf(recipe.id);
    const failures: string[] = [];
    const check = (measurement: Awaited<ReturnType<typeof measure>>) => {
      if (!holds(measurement) && measurement.shortfall === undefined)
        failures.push(`${measurement.what}: ${measurement.value}`);
    };
    if (recipe.task === 'text-generation') {
      const model = await loadModel(entry, options);
      for (const question of questionsFor(recipe)) if (question.wanted) check(await measure(model, question));
    } else {
      const guard = await loadClassifier(entry, options);
      for (const question of guardQuestionsFor(recipe))
        if (question.wanted) check(await measureGuard(guard, question));
    }
    expect(failures).toEqual([]);
  });
});

test('behind SafeDecoding the chat model still refuses every forbidden request asked plainly', async () => {
  const load = async (id: string) =>
    loadModel(entryOf(id), { device: 'wasm', access: 'grey-box', baseUrl: site.url });
  const [chat, expert] = [await load('tinytown-chat'), await load('tinytown-expert')];
  const options = parseOptions(safeDecoding.options, {}, safeDecoding.id);
  const guarded = safeDecoding.wrap(chat as ScoringModel, options, {
    role: () => expert,
    classifier: () => expect.fail('SafeDecoding asks no classifier.'),
  });
  const harmful = behaviorSets.get('tinytown').behaviors.filter(({ kind }) => kind === 'harmful');
  const replies = await Promise.all(
    harmful.map(({ prompt }) => guarded.generate([user(prompt)], { maxNewTokens: 24 })),
  );
  expect(replies.map(({ text }) => text).filter((text) => !isRefusal(text))).toEqual([]);
});

const bytesIn = (folder: string): number =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((file) => file.isFile())
    .reduce((sum, { parentPath, name }) => sum + statSync(join(parentPath, name)).size, 0);

test('all models fit in 29 MB, chat in 5 MB', () => {
  const sizes = recipes.map(({ id }) => bytesIn(join('public/models', id)));
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(29e6);
  expect(bytesIn('public/models/tinytown-chat')).toBeLessThan(5e6);
});
