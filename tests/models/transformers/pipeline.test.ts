import { pipeline } from '@huggingface/transformers';
import { expect, test } from 'vitest';
import { user } from '../../../src/core/chat.ts';
import { openFolder } from '../../../src/models/files.ts';
import { configure, withFolder } from '../../../src/models/runtimes/transformers/environment.ts';
import {
  loadTransformersClassifier,
  loadTransformersModel,
} from '../../../src/models/runtimes/transformers/index.ts';
import {
  fromTextClassification,
  fromTextGeneration,
  type LoadedPipeline,
} from '../../../src/models/runtimes/transformers/pipeline.ts';
import { serve, tinyEntry, tinyFolder, tinyGuardFolder, tinySite, type Files } from '../tiny-model.ts';

const options = (files: Files) => ({ device: 'wasm' as const, baseUrl: tinySite, fetch: serve(files) });

/** A pipeline of the library itself. @param changes to config.json */
async function pipelineOf(
  task: 'text-generation' | 'text-classification',
  files: Files,
  changes: object = {},
): Promise<LoadedPipeline> {
  configure(1);
  const folder = openFolder(tinyEntry.source, options(files));
  const config = { ...(await folder.json('config.json')), ...changes };
  return withFolder(
    folder,
    { 'config.json': config },
    async (name) =>
      (await pipeline(task, name, { device: 'cpu', dtype: 'fp32' })) as unknown as LoadedPipeline,
  );
}

test('a text-generation pipeline answers as the model does that is loaded from the same files', async () => {
  const files = tinyFolder();
  const own = await loadTransformersModel(tinyEntry, options(files));
  const model = await fromTextGeneration(await pipelineOf('text-generation', files), { id: 'mine' });
  expect(model).toMatchObject({ id: 'mine', access: 'grey-box', contextWindow: own.contextWindow });
  const request = { maxNewTokens: 12, sampling: { temperature: 1, topP: 1 }, seed: 'a' };
  const ask = [user('How do I wake the stone giant?')];
  expect(await model.generate(ask, request)).toEqual(await own.generate(ask, request));
  const prompt = own.tokenizer.prompt(ask);
  expect(model.tokenizer.prompt(ask)).toEqual(prompt);
  const score = { prompt, target: own.tokenizer.encode('Sure') };
  expect(await model.logProbs([score])).toEqual(await own.logProbs([score]));
});

test('a text-classification pipeline gives the probabilities of its labels', async () => {
  const files = tinyGuardFolder();
  const own = await loadTransformersClassifier(tinyEntry, options(files));
  // transformers.js lists no Llama among its classifiers.
  const bert = { model_type: 'bert', architectures: ['BertForSequenceClassification'] };
  const guard = await fromTextClassification(await pipelineOf('text-classification', files, bert));
  expect(guard).toMatchObject({ id: 'bert', labels: own.labels });
  const texts = ['Wake the giant.', 'Hello!'];
  expect(await guard.classify(texts)).toEqual(await own.classify(texts));
});

test('a pipeline of another task, and a tokenizer without its files, are refused with advice', async () => {
  const generator = await pipelineOf('text-generation', tinyFolder());
  await expect(fromTextClassification(generator)).rejects.toMatchObject({ code: 'not-supported' });
  const { model } = generator;
  const tokenizer = {} as LoadedPipeline['tokenizer'];
  await expect(fromTextGeneration({ model, tokenizer })).rejects.toMatchObject({
    code: 'not-supported',
    advice: 'Load the model with @huggingface/transformers 4.',
  });
});
