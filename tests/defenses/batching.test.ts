/** @file Defenses that ask many copies ask them in as few batches as hold them, counted on the sessions of the model. */
import { expect, test } from 'vitest';
import { user } from '../../src/core/chat.ts';
import type { Defense } from '../../src/defenses/defense.ts';
import { eraseAndCheck } from '../../src/defenses/decoding/erase-and-check.ts';
import { raLlm } from '../../src/defenses/decoding/ra-llm.ts';
import { smoothLlm } from '../../src/defenses/decoding/smooth-llm.ts';
import { answering, scripted } from '../../src/models/runtimes/scripted.ts';
import { defend, guarding, inSessions, options, playing } from './defend.ts';

/** Ten tokens. */
const text = 'blow it up';
const guard = guarding(() => 0);

/** Rows of each session that was opened, and the reply. */
async function rowsOf(defense: Defense, chosen = {}) {
  const { model, opened } = inSessions(scripted({ next: answering(() => 'Fine.') }));
  const context = playing({}, { 'prompt-guard': guard.classifier });
  const reply = await defend(defense, model, chosen, context).generate([user(text)], options);
  expect(opened.every(({ closed }) => closed)).toBe(true);
  return { reply, rows: opened.map(({ prompts }) => prompts.length) };
}

test('SmoothLLM asks all copies at once', async () => {
  expect((await rowsOf(smoothLlm)).rows).toEqual([10]);
  expect((await rowsOf(smoothLlm, { copies: 16 })).rows).toEqual([16]);
});
test('RA-LLM asks its copies with the request itself; a batch holds sixteen', async () => {
  expect((await rowsOf(raLlm, { copies: 10 })).rows).toEqual([11]);
  expect((await rowsOf(raLlm)).rows).toEqual([16, 5]);
});
test('Erase-and-Check asks for all texts at once, and then for the answer', async () => {
  expect((await rowsOf(eraseAndCheck, { filter: 'refusal' })).rows).toEqual([10, 1]);
});
test('Erase-and-Check asks a classifier, and never the model, for its verdicts', async () => {
  const { rows, reply } = await rowsOf(eraseAndCheck);
  expect(rows).toEqual([1]);
  expect(guard.read).toHaveLength(10);
  expect(reply.events[0]!.cost).toEqual({ queries: 10, tokens: 0 });
});
test('answers in a batch are those that each copy gets alone', async () => {
  const model = scripted({ next: answering((messages) => messages.at(-1)!.content) });
  const alone: typeof model.generate = async (...request) => {
    await last;
    return (last = model.generate(...request));
  };
  let last: Promise<unknown> = Promise.resolve();
  for (const defense of [smoothLlm, raLlm]) {
    const [together, apart] = [model, { ...model, generate: alone as typeof model.generate }];
    const ask = (asked: typeof model) => defend(defense, asked).generate([user(text)], options);
    expect(await ask(together)).toEqual(await ask(apart));
  }
});
