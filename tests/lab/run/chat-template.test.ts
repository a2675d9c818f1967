import { expect, test } from 'vitest';
import { loadModels } from '../../../src/lab/run/loaded-models.ts';
import { createModelPool } from '../../../src/lab/run/model-pool.ts';
import { bundledModels } from '../../../src/models/catalog.ts';
import type { LanguageModel } from '../../../src/models/language-model.ts';
import type { PromptSettings } from '../../../src/models/prompt-settings.ts';
import { scripted } from '../../../src/models/runtimes/scripted.ts';

const target = bundledModels[0]!;
const plain = scripted({ reply: () => 'Yes.' });
/** A model that notes what its template is given. */
function settable(given: PromptSettings[]): LanguageModel {
  const withPrompts = (settings: PromptSettings) => {
    given.push(settings);
    return { ...plain, id: `${plain.id} of ${settings.date}` };
  };
  return { ...plain, withPrompts };
}
const loaded = async (model: LanguageModel, chatTemplate: PromptSettings) => {
  const pool = createModelPool(async () => model);
  const models = await loadModels(
    pool,
    { target, roles: { judge: target }, whiteBox: false },
    { chatTemplate },
  );
  return [models.target('black-box'), models.role('judge')];
};

test('all language models of a plan get its date, once for equal settings', async () => {
  const given: PromptSettings[] = [];
  const model = settable(given);
  const [first, judge] = await loaded(model, { date: '2025-01-31' });
  expect(first!.id).toContain('2025-01-31');
  expect(judge).toBe(first);
  expect((await loaded(model, { date: '2025-01-31', variables: {} }))[0]).toBe(first);
  expect(given).toHaveLength(1);
});

test('without settings of its own a plan runs the model as it is', async () => {
  const model = settable([]);
  expect(await loaded(model, { date: '2024-07-26', variables: {} })).toEqual([model, model]);
});

test('a model that takes no settings is refused rather than asked without them', async () => {
  await expect(loaded(plain, { variables: { enable_thinking: false } })).rejects.toThrow(
    expect.objectContaining({ code: 'not-supported' }),
  );
});
