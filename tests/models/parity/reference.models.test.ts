/** @file Compares the runtimes on the real Tinytown models with transformers.js and with a float64 forward pass. */
import { readFileSync } from 'node:fs';
import { env, pipeline, type Message, type TextGenerationPipeline } from '@huggingface/transformers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { serve, type LocalServer } from '../../../scripts/serve.ts';
import { assistant, system, user, type ChatMessage } from '../../../src/core/chat.ts';
import { bundledModels } from '../../../src/models/catalog.ts';
import { isScoring, isWhiteBox, type ScoringModel } from '../../../src/models/language-model.ts';
import { parseLlamaConfig } from '../../../src/models/llama.ts';
import { loadModel } from '../../../src/models/load.ts';
import { readSafetensors } from '../../../src/models/safetensors.ts';
import { referenceLogProbs } from '../whitebox/reference-forward.ts';
import { compliance, inRuntime, mixed } from './questions.ts';

const models = bundledModels.filter(({ task }) => task === 'text-generation').map(({ id }) => id);
const folder = (id: string) => `public/models/${id}`;
const config = parseLlamaConfig(JSON.parse(readFileSync(`${folder('tinytown-chat')}/config.json`, 'utf8')));
const weights = readSafetensors(readFileSync(`${folder('tinytown-chat')}/model.safetensors`)).tensors;

/** Loaded with the bare library, before our runtime changes its settings. */
const bare = new Map<string, TextGenerationPipeline>();
let site: LocalServer;
let transformers: ScoringModel;
let whitebox: ScoringModel;

async function load(runtime: 'transformers' | 'whitebox', id: string): Promise<ScoringModel> {
  const options = { device: 'wasm', access: 'grey-box', baseUrl: site.url } as const;
  const model = await loadModel(inRuntime(runtime, id), options);
  return isScoring(model) ? model : expect.unreachable();
}

beforeAll(async () => {
  env.allowRemoteModels = false;
  env.localModelPath = 'public/models/';
  for (const id of models) bare.set(id, await pipeline('text-generation', id));
  site = await serve({ folder: 'public', port: 0, headers: false });
  transformers = await load('transformers', 'tinytown-chat');
  whitebox = await load('whitebox', 'tinytown-chat');
});
afterAll(async () => {
  for (const loaded of bare.values()) await loaded.dispose();
  await site.close();
});

/** Every kind of conversation that a template may treat differently, and text that is hard to split. */
const conversations: readonly (readonly ChatMessage[])[] = [
  ...mixed(6).map(({ prompt }) => [user(prompt)]),
  [system('Answer in capitals.'), user('Hello!')],
  [user('Who are you?'), assistant('I am Tinytown.'), user('  And  who\n\nelse?\t')],
  [user('Zażółć gęślą jaźń 🦊👩‍🚀 — ½ £5, c0ff33 <end> <| end |>')],
  [user('')],
];

describe('the chat tokenizer', () => {
  test("gives the ids of the library's own tokenizer and template", () => {
    const { tokenizer } = bare.get('tinytown-chat')!;
    for (const messages of conversations) {
      const expected = tokenizer.apply_chat_template(messages as Message[], {
        add_generation_prompt: true,
        return_tensor: false,
        return_dict: false,
      });
      expect(transformers.tokenizer.prompt(messages)).toEqual(expected);
    }
  });
});

describe('bare transformers.js', () => {
  test.each(models)('loads the folder of %s unchanged, and answers as the lab does', async (id) => {
    const model = id === 'tinytown-chat' ? transformers : await load('transformers', id);
    for (const { prompt } of mixed(6)) {
      const messages: Message[] = [{ role: 'user', content: prompt }];
      const [output] = await bare.get(id)!(messages, { max_new_tokens: 48 });
      const turns = output!.generated_text as Message[];
      const { text } = await model.generate([user(prompt)], { maxNewTokens: 48 });
      expect(text).not.toBe('');
      expect(text).toBe(turns.at(-1)!.content);
    }
  });
});

const sum = (values: Iterable<number>) => [...values].reduce((a, b) => a + b, 0);

describe('the float64 forward pass', () => {
  const requests = () =>
    mixed(4).map((behavior) => ({
      prompt: transformers.tokenizer.prompt([user(behavior.prompt)]),
      target: transformers.tokenizer.encode(compliance(behavior)),
    }));

  test('gives the log-probs that both runtimes give', async ({ annotate }) => {
    const expected = requests().map(({ prompt, target }) =>
      referenceLogProbs(config, weights, prompt, target),
    );
    for (const [name, model] of Object.entries({ transformers, whitebox })) {
      const logProbs = await model.logProbs(requests());
      const gaps = logProbs.flatMap((values, i) =>
        Array.from(values, (value, t) => Math.abs(value - expected[i]![t]!)),
      );
      await annotate(`${name}: at most ${Math.max(...gaps).toExponential(1)} nats`);
      expect(Math.max(...gaps)).toBeLessThan(1e-3);
      logProbs.forEach((values, i) => expect(sum(values)).toBeCloseTo(sum(expected[i]!), 2));
    }
  });

  test('gives by central differences the token gradients of the white-box runtime', async ({ annotate }) => {
    if (!isWhiteBox(whitebox)) return expect.unreachable();
    const table = weights.get('model.embed_tokens.weight')!.data;
    const row = (id: number) => table.subarray(id * config.hiddenSize, (id + 1) * config.hiddenSize);
    const { prompt, target: answer } = requests()[0]!;
    const target = answer.slice(0, 12);
    const [start, end] = [1, prompt.length];
    const gradient = await whitebox.tokenGradient({ prompt, target, start, end });
    const width = gradient.length / (end - start);
    /** Mean −log-prob of the target with `step` of a token added to the one at `position`. */
    const lossWith = (position: number, id: number, step: number) => {
      const own = row(prompt[position]!);
      const embedding = Float64Array.from(own, (value, i) => value + step * row(id)[i]!);
      const edits = { embeddings: new Map([[position, embedding]]) };
      const logProbs = referenceLogProbs(config, weights, prompt, target, edits);
      return -sum(logProbs) / logProbs.length;
    };
    const errors: number[] = [];
    for (let position = start; position < end; position += 2) {
      const slopes = gradient.subarray((position - start) * width, (position - start + 1) * width);
      const id = slopes.indexOf(Math.min(...slopes)); // what GCG would try first
      const measured = (lossWith(position, id, 1e-3) - lossWith(position, id, -1e-3)) / 2e-3;
      errors.push(Math.abs(slopes[id]! - measured) / Math.abs(measured));
    }
    await annotate(`relative error at most ${Math.max(...errors).toExponential(1)}, of ${errors.length}`);
    expect(Math.max(...errors)).toBeLessThan(1e-2);
  });
});
