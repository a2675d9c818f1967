import { describe, expect, test } from 'vitest';
import { system, user } from '../../../src/core/chat.ts';
import { createGenerate } from '../../../src/models/decoding/generate.ts';
import { answering, scripted } from '../../../src/models/runtimes/scripted.ts';
import { scriptedTokenizer } from '../../../src/models/runtimes/scripted-tokenizer.ts';
import type { ChatTokenizer } from '../../../src/models/chat-tokenizer.ts';

function writing(text: string, traits: Partial<ChatTokenizer> = {}) {
  const tokenizer = scriptedTokenizer(['<think>', '</think>']);
  const model = scripted({ next: answering(() => text), tokenizer });
  return createGenerate({ ...model, tokenizer: { ...model.tokenizer, ...traits } });
}
const asked = [user('Hi')];

describe('a generation', () => {
  test('keeps thoughts apart from the answer', async () => {
    const reply = await writing('<think>Yes? No.</think>\n\nNo.')(asked, { maxNewTokens: 90 });
    expect(reply).toMatchObject({ thoughts: 'Yes? No.', text: 'No.', finishReason: 'end' });
  });
  test('has no answer if a thought does not end', async () => {
    const reply = await writing('<think>Yes? No.</think>No.')(asked, { maxNewTokens: 5 });
    expect(reply).toMatchObject({ thoughts: 'Yes?', text: '', finishReason: 'length' });
  });
  test('begins within the thought that the prompt opened', async () => {
    const opened = { opensThought: true };
    const texts: string[] = [];
    const onToken = (_: unknown, text: string) => void texts.push(text);
    const reply = await writing('Hm.</think>Yes.', opened)(asked, { maxNewTokens: 90, onToken });
    expect(reply).toMatchObject({ thoughts: 'Hm.', text: 'Yes.' });
    expect(texts[0]).toBe('<think>\nH');
    expect(await writing('Hm.', opened)(asked, { maxNewTokens: 90 })).toMatchObject({
      thoughts: 'Hm.',
      text: '',
    });
    const begun = await writing('Hm.', opened)(asked, { maxNewTokens: 90, assistantPrefix: 'Sure. ' });
    expect(begun.thoughts).toBeUndefined();
  });
  test('goes on within a thought that was put in its mouth open, and answers behind one that is closed', async () => {
    const thinker = writing('Fine.Hm.</think>Yes.', { thoughtTags: ['<think>', '</think>'] });
    const options = (open: boolean) => ({ maxNewTokens: 90, assistantThought: { text: 'Fine.', open } });
    expect(await thinker(asked, options(true))).toMatchObject({ thoughts: 'Hm.', text: 'Yes.' });
    const answering = writing('Fine.\n\nYes.', { opensThought: true, thoughtTags: ['<think>', '</think>'] });
    const closed = await answering(asked, options(false));
    expect(closed.text).toBe('Yes.');
    expect(closed).not.toHaveProperty('thoughts');
  });
  test('of a model that does not think has no thoughts', async () => {
    const reply = await writing(' Yes.\n')(asked, { maxNewTokens: 90 });
    expect(reply.text).toBe(' Yes.\n');
    expect(reply).not.toHaveProperty('thoughts');
  });
  test('ends at a stop string in the answer, not in the thoughts', async () => {
    const reply = await writing('<think>One. Two.</think>One. Two.')(asked, {
      maxNewTokens: 90,
      stop: ['. T'],
    });
    expect(reply).toMatchObject({ thoughts: 'One. Two.', text: 'One', finishReason: 'stop-string' });
  });
  test('is watched from its answer on', async () => {
    const seen: string[] = [];
    const stop = async (text: string) => {
      seen.push(text);
      return false;
    };
    await writing('<think>Hm.</think>Yes.')(asked, { maxNewTokens: 90, watch: { every: 1, stop } });
    expect(seen).toEqual(['Y', 'Ye', 'Yes', 'Yes.']);
  });
  test('says that the system text went into the user turn', async () => {
    const folding = writing('Yes.', { systemRole: 'first-user-turn' });
    expect(await folding([system('s'), user('Hi')], { maxNewTokens: 9 })).toHaveProperty(
      'systemInUserTurn',
      true,
    );
    expect(await folding(asked, { maxNewTokens: 9 })).not.toHaveProperty('systemInUserTurn');
  });
});
