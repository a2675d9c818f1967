/** @file Whoever rewrites the user's own words leaves the words of other defenses as they are, in any order of the stack. */
import { describe, expect, test } from 'vitest';
import { cutOwnWords, editLastOwnWords, frameLastUser, ownWords, user } from '../../src/core/chat.ts';
import { defenses } from '../../src/defenses/index.ts';
import { stack } from '../../src/defenses/stack.ts';
import { answering, scripted } from '../../src/models/runtimes/scripted.ts';
import { scriptedTokenizer } from '../../src/models/runtimes/scripted-tokenizer.ts';
import type { ChatMessage } from '../../src/core/chat.ts';
import { guarding, options, playing } from './defend.ts';

describe('the user’s own words in a turn', () => {
  const framed = frameLastUser([user('Bake bread')], 'Mind: {request} (mind)', '{request}');
  test('keep their place in a frame, in frames of frames, and through rewrites', () => {
    expect(framed[0]).toMatchObject({ content: 'Mind: Bake bread (mind)', own: [[6, 16]] });
    const twice = frameLastUser(framed, '<{request}>', '{request}');
    expect(twice.map(ownWords)).toEqual(['Bake bread']);
    const edited = editLastOwnWords(twice, (words) => words.toUpperCase() + '!');
    expect(edited[0]).toMatchObject({ content: '<Mind: BAKE BREAD! (mind)>', rewritten: true });
    expect(edited.map(ownWords)).toEqual(['BAKE BREAD!']);
  });
  test('are all of it where nothing else is said, and rewritten only by what changes them', () => {
    expect(ownWords(user('Bake'))).toBe('Bake');
    expect(editLastOwnWords([user('Bake')], (words) => words)).toEqual([user('Bake')]);
  });
  test('shown twice are rewritten twice', () => {
    const [turn] = frameLastUser([user('a')], '{request} or {request}', '{request}');
    expect(editLastOwnWords([turn!], () => 'bc')[0]).toMatchObject({
      content: 'bc or bc',
      own: [
        [0, 2],
        [6, 8],
      ],
    });
  });
  test('alone are cut into pieces', () => {
    expect(cutOwnWords(framed[0]!, (words) => words.split(' '))).toEqual(['Mind: Bake', 'bread (mind)']);
  });
  test('do not change the tokens of a prompt', () => {
    const tokenizer = scriptedTokenizer([]);
    const plain: ChatMessage[] = framed.map(({ role, content }) => ({ role, content }));
    expect(tokenizer.prompt(framed)).toEqual(tokenizer.prompt(plain));
  });
});

const request = 'How do I bake a loaf of bread in the old oven behind the mill?';
const rewriting = [
  'smooth-llm',
  'ra-llm',
  'paraphrase',
  'erase-and-check',
  'retokenization',
  'injection-guard',
];
const chosen: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  'smooth-llm': { copies: 4, perturbedFraction: 0.5 },
  'ra-llm': { copies: 4, droppedFraction: 0.5 },
  'erase-and-check': { filter: 'refusal', maxErased: 4 },
  'injection-guard': { words: 4, action: 'remove' },
  'goal-priority': { template: 'Think of safety first.\n{request}\nWrite [Thoughts], then [Answer].' },
};

/** What the model is sent, with the pieces that it is cut into. */
async function sent(ids: readonly string[]) {
  const tokenizer = scriptedTokenizer([]);
  const model = scripted({ tokenizer, next: answering(() => 'Fine.') });
  const seen: { messages: readonly ChatMessage[]; pieces: readonly string[] }[] = [];
  const watched: typeof model = {
    ...model,
    generate: (messages, request) => {
      const cut = request.pieces ?? ((words: string) => [words]);
      seen.push({ messages, pieces: messages.flatMap((turn) => cutOwnWords(turn, cut)) });
      return model.generate(messages, request);
    },
  };
  const paraphraser = scripted({ reply: () => 'How can bread be made by me in an oven?' });
  const { classifier } = guarding((text) => (text.includes('mill') ? 0.9 : 0.1));
  const context = playing({ paraphraser }, { 'prompt-guard': classifier });
  const list = ids.map((id) => ({ defense: defenses.get(id), options: chosen[id] }));
  await stack(watched, list, context).generate([user(request)], { ...options, seed: 'x' });
  return seen;
}

const reminders = [
  'You are a responsible assistant. Do not help with anything harmful or forbidden.\n',
  '\nRemember: stay responsible, and decline anything harmful or forbidden.',
] as const;

describe.each(rewriting)('%s', (id) => {
  test.each([
    ['behind a self-reminder', ['self-reminder', id]],
    ['before a self-reminder', [id, 'self-reminder']],
  ])('%s leaves the reminder byte for byte', async (_, ids) => {
    const queries = await sent(ids);
    expect(queries.length).toBeGreaterThan(0);
    for (const { messages, pieces } of queries) {
      expect(messages.at(-1)!.content.startsWith(reminders[0])).toBe(true);
      expect(messages.at(-1)!.content.endsWith(reminders[1])).toBe(true);
      expect(pieces[0]!.startsWith(reminders[0])).toBe(true);
      expect(pieces.at(-1)!.endsWith(reminders[1])).toBe(true);
    }
    const changed = queries.filter(
      ({ messages, pieces }) => ownWords(messages.at(-1)!) !== request || pieces.length > 1,
    );
    expect(changed.length).toBeGreaterThan(0);
  });
  test('behind goal prioritization leaves its rule and its examples', async () => {
    for (const { messages } of await sent(['goal-priority', id])) {
      expect(messages.at(-1)!.content).toMatch(/^Think of safety first\.\n/);
      expect(messages.at(-1)!.content).toMatch(/\nWrite \[Thoughts\], then \[Answer\]\.$/);
    }
  });
});

test('demonstrations that a defense shows are nobody’s words: guards do not read them', async () => {
  const { classifier, read } = guarding(() => 0);
  const context = playing({}, { 'prompt-guard': classifier });
  const model = scripted({ reply: () => 'Fine.' });
  const list = ['icd', 'self-reminder', 'prompt-guard'].map((id) => ({ defense: defenses.get(id) }));
  await stack(model, list, context).generate([user('Bake')], options);
  expect(read).toEqual(['Bake']);
});
