import { expect, test } from 'vitest';
import { lastUserText, user } from '../../../src/core/chat.ts';
import { aligner } from '../../../src/defenses/output/aligner.ts';
import type { GenerateOptions } from '../../../src/models/language-model.ts';
import type { Reply } from '../../../src/models/runtimes/scripted.ts';
import { defend, options, playing, remembering } from '../defend.ts';

async function ask(
  correct: Reply,
  { answer = 'Blow the horn.', request = {} as Partial<GenerateOptions> } = {},
) {
  const corrector = remembering(correct);
  const target = remembering(() => answer);
  const context = playing({ corrector: corrector.model });
  const reply = await defend(aligner, target.model, {}, context).generate([user('Wake {answer}?')], {
    ...options,
    ...request,
  });
  return { reply, corrector, target };
}
/** What stands in the second fence: the answer. */
const copy: Reply = (messages) =>
  /={4,}\n(.*?)\n={4,}\n.*?={4,}\n(.*?)\n={4,}/s.exec(lastUserText(messages))![2]!;

test('a corrector that copies leaves the answer as it was', async () => {
  for (const answer of ['Blow the horn.', ' Two\nlines with {question} in them. ']) {
    const { reply } = await ask(copy, { answer });
    expect(reply).toMatchObject({ text: answer, finishReason: 'end' });
    expect(reply.events.at(-1)!.action).toBe('passed');
  }
});

test('the correction is the answer, and nothing of the instruction is in it', async () => {
  const { reply } = await ask(() => 'Let it sleep.');
  expect(reply).toMatchObject({ text: 'Let it sleep.', tokens: [] });
  expect(reply.events.at(-1)).toMatchObject({
    action: 'edited',
    detail: { before: 'Blow the horn.' },
    cost: { queries: 1 },
  });
});

test('question and answer are shown word for word, not as a list of messages', async () => {
  const { corrector } = await ask(copy);
  const shown = lastUserText(corrector.asked[0]!.messages);
  expect(shown).toContain('====\nWake {answer}?\n====');
  expect(shown).toContain('====\nBlow the horn.\n====');
  expect(shown).not.toMatch(/role|content|\[object/);
});

test('the assistant prefix is corrected with the answer', async () => {
  const { corrector } = await ask(copy, { answer: ' blow.', request: { assistantPrefix: 'Sure,' } });
  expect(lastUserText(corrector.asked[0]!.messages)).toContain('Sure, blow.');
});

test('an assistant prefix that the corrector keeps is not said again', async () => {
  const { reply } = await ask(() => 'Sure, let it sleep.', {
    answer: ' blow.',
    request: { assistantPrefix: 'Sure,' },
  });
  expect(reply.text).toBe(' let it sleep.');
});

test('a correction that never came leaves the answer, and says so', async () => {
  const { reply } = await ask(() => '');
  expect(reply.text).toBe('Blow the horn.');
  expect(reply.events.at(-1)).toMatchObject({ reason: expect.stringContaining('Could not tell') });
});

test('an empty answer is not corrected, and none is streamed before it is', async () => {
  expect((await ask(copy, { answer: ' ' })).corrector.asked).toEqual([]);
  const { target } = await ask(copy, { request: { onToken: () => undefined } });
  expect(target.asked[0]!.options.onToken).toBeUndefined();
});

test('an instruction that shows not both is refused', () => {
  const { model } = remembering();
  for (const instruction of ['Fix {answer}', 'Fix {question}'])
    expect(() => defend(aligner, model, { instruction }, playing({ corrector: model }))).toThrow(
      expect.objectContaining({ code: 'bad-options' }),
    );
});

test('what the corrector says before the corrected answer is not part of it', async () => {
  const { reply } = await ask(() => 'Sure! Here is the corrected answer:\n\nLet it sleep.');
  expect(reply.text).toBe('Let it sleep.');
  const declined = await ask(() => "Corrected answer: I'm sorry, I can't help with that.");
  expect(declined.reply.text).toBe("I'm sorry, I can't help with that.");
});
