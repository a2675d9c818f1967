import { describe, expect, test } from 'vitest';
import { user } from '../../../src/core/chat.ts';
import type { DecodingPolicy } from '../../../src/models/decoding/policy.ts';
import type { DecodeSession, ScoringModel, Watch } from '../../../src/models/language-model.ts';
import { createGenerate } from '../../../src/models/decoding/generate.ts';
import { answering, scripted } from '../../../src/models/runtimes/scripted.ts';
import { scriptedTokenizer } from '../../../src/models/runtimes/scripted-tokenizer.ts';

const echo = () => scripted({ next: answering((messages) => `${messages[0]!.content} ok`) });

/** `model` with every session call noted; its `generate` runs on the watched sessions. */
function watched(model: ScoringModel, name: string, log: string[]): ScoringModel {
  const open: ScoringModel['open'] = async (prompts, options) => {
    log.push(`${name} open ${prompts.length}`);
    const session = await model.open(prompts, options);
    return {
      get rows() {
        return session.rows;
      },
      logits: (row) => session.logits(row),
      advance: async (tokens) => {
        log.push(`${name} advance ${tokens.length}`);
        await session.advance(tokens);
      },
      keep: (rows) => session.keep(rows),
      close: async () => {
        log.push(`${name} close`);
        await session.close();
      },
    } satisfies DecodeSession;
  };
  const { id, contextWindow, tokenizer } = model;
  return { ...model, open, generate: createGenerate({ id, contextWindow, tokenizer, open }) };
}

const pass = (steps: number, companions: DecodingPolicy['companions'] = []): DecodingPolicy => ({
  id: 'pass',
  steps,
  companions,
  next: ({ base }) => base.slice(),
});

describe('companions', () => {
  test('are released when the policy is done, without another step', async () => {
    const log: string[] = [];
    const model = watched(echo(), 'base', log);
    const expert = watched(echo(), 'expert', log);
    await model.generate([user('abc')], { maxNewTokens: 5, policy: pass(2, [{ model: expert }]) });
    expect(log.filter((line) => line.startsWith('expert'))).toEqual([
      'expert open 1',
      'expert advance 1',
      'expert close',
    ]);
    expect(log.filter((line) => line === 'base advance 1')).toHaveLength(4);
  });
  test('are not opened by a policy of no steps', async () => {
    const log: string[] = [];
    const expert = watched(echo(), 'expert', log);
    await echo().generate([user('abc')], { maxNewTokens: 5, policy: pass(0, [{ model: expert }]) });
    expect(log).toEqual([]);
  });
  test('with a full context refuse only the request that fills it', async () => {
    const expert = scripted({ next: answering(() => 'x'), contextWindow: 30 });
    const policy = pass(3, [{ model: expert }]);
    const model = echo();
    const outcomes = await Promise.allSettled(
      ['short', 'much longer than thirty tokens can be'].map((text) =>
        model.generate([user(text)], { maxNewTokens: 4, policy }),
      ),
    );
    expect(outcomes[0]).toMatchObject({ status: 'fulfilled', value: { text: 'shor' } });
    expect(outcomes[1]).toMatchObject({ status: 'rejected', reason: { code: 'context-overflow' } });
  });
  test('that are needed to the end limit the answer to their own context', async () => {
    const tokenizer = scriptedTokenizer();
    const promptLength = tokenizer.prompt([user('abcdefgh')]).length;
    const expert = scripted({ next: answering(() => 'x'), contextWindow: promptLength + 3 });
    const { text, finishReason } = await echo().generate([user('abcdefgh')], {
      maxNewTokens: 50,
      policy: pass(1_000, [{ model: expert }]),
    });
    expect([text, finishReason]).toEqual(['abc', 'length']);
  });
});

describe('one bad request', () => {
  test('that throws in its token callback rejects alone', async () => {
    const model = echo();
    const onToken = () => {
      throw new Error('callback');
    };
    const outcomes = await Promise.allSettled([
      model.generate([user('a')], { maxNewTokens: 5, onToken }),
      model.generate([user('b')], { maxNewTokens: 5 }),
    ]);
    expect(outcomes).toMatchObject([
      { status: 'rejected', reason: { message: 'callback' } },
      { status: 'fulfilled', value: { text: 'b ok' } },
    ]);
  });
  test('that is aborted while it waits rejects at once', async () => {
    let finished = false;
    const model = echo();
    const running = model
      .generate([user('a'.repeat(300))], { maxNewTokens: 300 })
      .then(() => (finished = true));
    await new Promise((resolve) => setTimeout(resolve, 1));
    const controller = new AbortController();
    const waiting = model.generate([user('b')], { maxNewTokens: 5, signal: controller.signal });
    controller.abort();
    await expect(waiting).rejects.toMatchObject({ name: 'AbortError' });
    expect(finished).toBe(false);
    await running;
  });
});

describe('text', () => {
  /** Two tokens that are the halves of one character, as in byte-level tokenizers. */
  const tokenizer = scriptedTokenizer(['<1>', '<2>']);
  const halves = tokenizer.encode('<1><2>');
  const model = scripted({
    next: answering(() => 'a<1><2>b'),
    tokenizer: {
      ...tokenizer,
      decode: (ids) =>
        tokenizer
          .decode(ids)
          .replaceAll('<1><2>', 'é')
          .replaceAll('<1>', '\uFFFD')
          .replaceAll('<2>', '\uFFFD'),
    },
  });

  test('a character is shown complete, with the token that completes it', async () => {
    const { tokens, text } = await model.generate([user('x')], { maxNewTokens: 9, topTokens: 1 });
    expect(text).toBe('aéb');
    expect(tokens.map((token) => token.text)).toEqual(['a', '', 'é', 'b']);
    expect(tokens.slice(1, 3).map(({ id }) => id)).toEqual(halves);
  });
  test('a partial character at the end is not hidden', async () => {
    expect((await model.generate([user('x')], { maxNewTokens: 2 })).text).toBe('a\uFFFD');
  });
  test('after a prefix keeps its leading space, even if the tokenizer drops one at the start', async () => {
    const words = scriptedTokenizer();
    const trimming = scripted({
      next: answering(() => 'Sure, yes'),
      tokenizer: { ...words, decode: (ids) => words.decode(ids).replace(/^ /, '') },
    });
    const given = { maxNewTokens: 9, assistantPrefix: 'Sure,' };
    expect((await trimming.generate([user('x')], given)).text).toBe(' yes');
  });
});

describe('a watched answer', () => {
  const watching = (every: number, stopAt = Infinity) => {
    const looks: [string, number][] = [];
    const watch: Watch = {
      every,
      stop: async (text, tokens) => {
        looks.push([text, tokens]);
        return tokens >= stopAt;
      },
    };
    return { looks, watch };
  };
  const ask = (watch: Watch, text = 'abcdefg') =>
    scripted({ next: answering(() => text) }).generate([user('go')], { maxNewTokens: 20, watch });

  test('is checked every few tokens and once at its end', async () => {
    const { looks, watch } = watching(3);
    expect(await ask(watch)).toMatchObject({ text: 'abcdefg', finishReason: 'end' });
    expect(looks).toEqual([
      ['abc', 3],
      ['abcdef', 6],
      ['abcdefg', 7],
    ]);
  });
  test('is not checked twice at one length', async () => {
    const { looks, watch } = watching(7);
    await ask(watch);
    expect(looks).toEqual([['abcdefg', 7]]);
  });
  test('ends at the check that stops it, without another token', async () => {
    const { watch } = watching(2, 4);
    expect(await ask(watch)).toMatchObject({
      text: 'abcd',
      finishReason: 'blocked',
      completionTokens: 4,
    });
  });
  test('stops alone: the rest of its batch continues', async () => {
    const model = scripted({ next: answering((messages) => messages[0]!.content) });
    const { watch } = watching(2, 2);
    const [stopped, whole] = await Promise.all([
      model.generate([user('first')], { maxNewTokens: 20, watch }),
      model.generate([user('other')], { maxNewTokens: 20 }),
    ]);
    expect([stopped.text, whole.text]).toEqual(['fi', 'other']);
  });
  test('fails alone if its check fails', async () => {
    const model = echo();
    const watch: Watch = { every: 1, stop: () => Promise.reject(new Error('blind')) };
    const [failed, whole] = await Promise.allSettled([
      model.generate([user('a')], { maxNewTokens: 20, watch }),
      model.generate([user('b')], { maxNewTokens: 20 }),
    ]);
    expect(failed).toMatchObject({ status: 'rejected', reason: new Error('blind') });
    expect(whole).toMatchObject({ status: 'fulfilled', value: { text: 'b ok' } });
  });
});
