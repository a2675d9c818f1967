import { describe, expect, test } from 'vitest';
import { assistant, lastUserText, user } from '../../../src/core/chat.ts';
import { createRandom } from '../../../src/core/random.ts';
import { isRefusal } from '../../../src/core/refusal.ts';
import { alphabet, perturb, perturbations, smoothLlm } from '../../../src/defenses/decoding/smooth-llm.ts';
import { scripted } from '../../../src/models/runtimes/scripted.ts';
import { defend, options, remembering } from '../defend.ts';

const text = 'Please wake the stone giant before noon, and bring the long horn along with you.';
const draws = Array.from({ length: 30 }, (_, i) => createRandom(i));
/** Places at which two texts of one length differ. */
const changes = (a: string, b: string) =>
  [...a].flatMap((letter, place) => (letter === b[place] ? [] : [place]));
const isSubsequence = (part: string, whole: string) => {
  let at = 0;
  for (const letter of whole) if (letter === part[at]) at++;
  return at === part.length;
};

describe('perturbations', () => {
  const most = Math.floor(text.length * 0.1);

  test('draw from the hundred printable characters', () => expect(new Set(alphabet).size).toBe(100));
  test('swap keeps the length and changes at most a tenth of the places', () => {
    for (const random of draws) {
      const swapped = perturb(text, 'swap', 0.1, random);
      expect(swapped).toHaveLength(text.length);
      expect(changes(text, swapped).length).toBeLessThanOrEqual(most);
      expect(swapped).not.toBe(text);
    }
  });
  test('patch changes one block only', () => {
    for (const random of draws) {
      const patched = perturb(text, 'patch', 0.1, random);
      expect(patched).toHaveLength(text.length);
      const places = changes(text, patched);
      expect(places.at(-1)! - places[0]!).toBeLessThan(most);
    }
  });
  test('patch reaches both ends', () => {
    const places = draws.flatMap((random) => changes(text, perturb(text, 'patch', 0.9, random)));
    expect([Math.min(...places), Math.max(...places)]).toEqual([0, text.length - 1]);
  });
  test('insert adds a tenth and keeps the rest in order', () => {
    for (const random of draws) {
      const longer = perturb(text, 'insert', 0.1, random);
      expect(longer).toHaveLength(text.length + most);
      expect(isSubsequence(text, longer)).toBe(true);
    }
  });
  test.each(perturbations)('%s of nothing, or of no text, changes nothing', (way) => {
    expect(perturb(text, way, 0, createRandom(0))).toBe(text);
    expect(perturb('', way, 1, createRandom(0))).toBe('');
    expect(perturb('🐉', way, 0.5, createRandom(0))).toBe('🐉');
  });
});

describe('the vote', () => {
  /** Copy number i is answered with `replies[i]`. */
  const vote = (replies: readonly string[], chosen = {}) =>
    defend(smoothLlm, scripted({ reply: (_, { seed }) => replies[Number(seed!.split('/').at(-1))]! }), {
      copies: replies.length,
      ...chosen,
    }).generate([user(text)], options);
  const [yes, no] = ['Blow the horn.', 'I am sorry, no.'];

  test('of five to five is safe: more than half must comply', async () => {
    expect((await vote([yes, yes, yes, yes, yes, no, no, no, no, no])).text).toBe(no);
  });
  test('of six to four lets the answer through', async () => {
    expect((await vote([no, no, no, no, yes, yes, yes, yes, yes, yes])).text).toBe(yes);
  });
  test.each([0, 0.3, 0.7])('agrees with the answer that is given, at threshold %d', async (threshold) => {
    for (let complied = 0; complied <= 6; complied++) {
      const reply = await vote([...Array(complied).fill(yes), ...Array(6 - complied).fill(no)], {
        threshold,
      });
      expect(isRefusal(reply.text)).toBe(!(complied / 6 > threshold));
    }
  });
  test('of exactly the threshold is safe, however the share is written', async () => {
    // 29 of 50 is 0.58, but 0.58 · 50 is less than 29 in floating point.
    const replies = [...Array<string>(29).fill(yes), ...Array<string>(21).fill(no)];
    expect((await vote(replies, { threshold: 0.58 })).text).toBe(no);
  });
  test('that no answer agrees with is answered by the defense', async () => {
    const reply = await vote([yes, yes], { threshold: 1 });
    expect(reply).toMatchObject({ finishReason: 'blocked' });
    expect(isRefusal(reply.text)).toBe(true);
  });
  test('is not taken by empty answers', async () => {
    expect((await vote(['', '', '', no, yes, no])).text).toBe(no);
    const silent = await vote(['', ' ']);
    expect(silent.events.at(-1)!.reason).toContain('Could not tell');
  });
  test('is no refusal because of a greeting or a "however"', async () => {
    expect((await vote(['Hello! However, blow the horn.'])).text).toContain('horn');
  });
  test('is reported with its counts and its cost', async () => {
    const { events } = await vote([yes, yes, no]);
    expect(events.at(-1)).toMatchObject({
      action: 'resampled',
      detail: { copies: 3, refused: 1, complied: 2 },
      cost: { queries: 2 },
    });
  });
  test('counts as its cost all copies but the one that is the answer', async () => {
    const { text: answer, completionTokens, promptTokens, events } = await vote([no, yes, `${yes} Twice.`]);
    const written = [no, yes, `${yes} Twice.`].reduce((sum, reply) => sum + reply.length, 0);
    expect(answer).not.toBe(no);
    expect(events.at(-1)!.cost!.tokens).toBe(2 * promptTokens! + written - completionTokens!);
  });
});

describe('the copies', () => {
  const talk = Object.freeze([user('Hello'), assistant('Hi.'), user(text)]);
  const request = { ...options, seed: '7', assistantPrefix: 'Sure', onToken: () => undefined };
  const ask = async () => {
    const { model, asked } = remembering();
    const reply = await defend(smoothLlm, model).generate(talk, request);
    return { asked, reply };
  };

  test('differ in the last user turn alone, each in its own way', async () => {
    const { asked } = await ask();
    expect(asked).toHaveLength(10);
    for (const { messages } of asked) expect(messages.slice(0, 2)).toEqual(talk.slice(0, 2));
    expect(new Set(asked.map(({ messages }) => lastUserText(messages))).size).toBe(10);
    expect(talk[2]).toEqual(user(text));
  });
  test('pass the request on, but are not streamed and sample apart', async () => {
    const { asked } = await ask();
    for (const { options: passed } of asked) {
      expect(passed.assistantPrefix).toBe('Sure');
      expect(passed.onToken).toBeUndefined();
    }
    expect(new Set(asked.map(({ options: passed }) => passed.seed)).size).toBe(10);
  });
  test('are the same for the same seed', async () => {
    expect((await ask()).asked).toEqual((await ask()).asked);
  });
  test('are asked together', async () => {
    const { model } = remembering();
    const waiting: (() => void)[] = [];
    /** Answers nobody until all ten have asked. */
    const generate: typeof model.generate = async (messages, passed) => {
      await new Promise<void>((go) => {
        waiting.push(go);
        if (waiting.length === 10) for (const release of waiting) release();
      });
      return model.generate(messages, passed);
    };
    await defend(smoothLlm, { ...model, generate }).generate(talk, options);
    expect(waiting).toHaveLength(10);
  });
});
