import { expect, test } from 'vitest';
import { assistant, user } from '../../src/core/chat.ts';
import { retokenization } from '../../src/defenses/input/retokenization.ts';
import type { ScoringModel } from '../../src/models/language-model.ts';
import { createGenerate } from '../../src/models/decoding/generate.ts';
import { answering, scripted } from '../../src/models/runtimes/scripted.ts';
import { scriptedTokenizer } from '../../src/models/runtimes/scripted-tokenizer.ts';
import { defend, options } from './defend.ts';

const tokenizer = scriptedTokenizer(['wa', 'ke', 'wake', ' g', ' gi', 'an', 'ant', ' giant']);

/** Repeats the last request, and remembers the ids it was shown. */
function target() {
  const prompts: (readonly number[])[] = [];
  const model = scripted({ tokenizer, next: answering((messages) => messages.at(-1)!.content) });
  const open: ScoringModel['open'] = (rows, request) => {
    prompts.push(...rows);
    return model.open(rows, request);
  };
  const { id, contextWindow } = model;
  return {
    prompts,
    model: { ...model, open, generate: createGenerate({ id, contextWindow, tokenizer, open }) },
  };
}

async function ask(dropout: number, seed = '1', text = 'wake giant') {
  const { prompts, model } = target();
  const reply = await defend(retokenization, model, { dropout }).generate([user(text)], { ...options, seed });
  return { reply, prompt: prompts[0]! };
}

test('without dropout the model reads the usual tokens', async () => {
  const { reply, prompt } = await ask(0);
  expect(prompt).toEqual(tokenizer.prompt([user('wake giant')]));
  expect(reply.events[0]).toMatchObject({ action: 'passed', detail: { tokensBefore: 2, tokensAfter: 2 } });
});

test('the model reads the same text in more tokens', async () => {
  const { reply, prompt } = await ask(1);
  expect(prompt).toHaveLength(tokenizer.prompt([user('wake giant')]).length - 2 + 10);
  expect(tokenizer.read(prompt).messages).toEqual([user('wake giant')]);
  expect(reply.text).toBe('wake giant');
  expect(reply.events[0]).toMatchObject({ action: 'edited', detail: { tokensBefore: 2, tokensAfter: 10 } });
});

test('the seed fixes where it breaks', async () => {
  expect(await ask(0.5, 'a')).toEqual(await ask(0.5, 'a'));
  const prompts = await Promise.all(Array.from('abcdefgh', (seed) => ask(0.5, seed)));
  expect(new Set(prompts.map(({ prompt }) => prompt.join())).size).toBeGreaterThan(2);
});

test('what the model has said itself stays as it was', async () => {
  const { prompts, model } = target();
  const talk = [user('wake'), assistant('wake giant'), user('giant')];
  await defend(retokenization, model, { dropout: 1 }).generate(talk, options);
  const spoken = prompts[0]!.slice(prompts[0]!.indexOf(4) + 1).slice(0, 2);
  expect(spoken).toEqual(tokenizer.encode('wake giant'));
});
