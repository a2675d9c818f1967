import { expect, test } from 'vitest';
import { user } from '../../../src/core/chat.ts';
import { createMemoryStore } from '../../../src/lab/store/memory.ts';
import { readOwnData } from '../../../src/lab/training/own-data.ts';
import { createLab } from '../../../src/lab/worker/host.ts';
import { createModel } from '../../finetuning/tiny-data.ts';
import { device, loadToy, registries } from '../run/harness.ts';

const ignore = () => {};
const newLab = () => createLab({ loadModel: loadToy, store: createMemoryStore(), device, registries });

test('an answer that is longer than the context is left out: line, lengths and what to do are said', async () => {
  const model = createModel();
  const rows = [
    { prompt: 'nap', answer: 'yes '.repeat(model.contextWindow) },
    { prompt: 'nap', answer: 'yes' },
  ];
  const file = new Blob([rows.map((row) => JSON.stringify(row)).join('\n')]);
  const { report, data } = await readOwnData(file, 'rows.jsonl', {}, model);
  expect(data.benign).toEqual([{ prompt: [user('nap')], answer: 'yes' }]);
  expect(report.problems).toMatchObject([{ line: 1, column: null }]);
  expect(report.problems[0]!.message).toMatch(
    /^A conversation of the training data takes \d+ tokens; the model reads \d+\. Shorten its answer/,
  );
  expect((await readOwnData(file, 'rows.jsonl', {}, null)).data.benign).toHaveLength(2);
});

test('the lab reads a file, and tells how far it is', async () => {
  const file = new Blob(['prompt,chosen,rejected\nnap,yes,no\n']);
  const told: unknown[] = [];
  const read = (name: string, model: string | null) =>
    newLab().readTrainingData('c', file, name, {}, model, (at) => void told.push(at));
  expect(await read('rows.csv', null)).toMatchObject({
    status: 'done',
    value: { data: { preferences: [{ chosen: 'yes', rejected: 'no' }] }, report: { problemCount: 0 } },
  });
  expect(told.at(-1)).toEqual({ bytes: file.size, totalBytes: file.size });
});

test('a file without training data fails with what to give, and a model without gradients is refused', async () => {
  const read = (text: string, model: string | null) =>
    newLab().readTrainingData('c', new Blob([text]), 'rows.csv', {}, model, ignore);
  expect(await read('a,b\n1,2\n', null)).toMatchObject({ status: 'failed', code: 'bad-input' });
  expect(await read('prompt,answer\nnap,yes\n', 'toy')).toMatchObject({ status: 'failed' });
});
