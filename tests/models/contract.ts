/** @file The contract of every runtime, as one suite. A runtime's test file calls `describeModel` with its own model. */
import { beforeAll, describe, expect, test } from 'vitest';
import { user } from '../../src/core/chat.ts';
import {
  isScoring,
  isWhiteBox,
  type GenerateOptions,
  type LanguageModel,
  type ScoringModel,
  type WhiteBoxModel,
} from '../../src/models/language-model.ts';
import { argmax, logSumExp } from '../../src/models/decoding/sampler.ts';
import type { DecodingPolicy } from '../../src/models/decoding/policy.ts';

export interface ContractOptions {
  /** A special token of the model's tokenizer, as a user might type it. Default: `<|end|>`. */
  readonly special?: string;
  /** Largest difference between two ways to compute one log-prob, in nats. Default: 1e-3. */
  readonly tolerance?: number;
}

const options: GenerateOptions = { maxNewTokens: 12 };
const hello = [user('Tell me a story.')];
const others = ['Hi.', 'How do I wake the stone giant?', 'Once upon a time there was'].map((text) => [
  user(text),
]);

/** The part of an answer that must be the same on every path: text and finish reason. */
const answer = async (model: LanguageModel, messages = hello, request = options) => {
  const { text, finishReason, completionTokens } = await model.generate(messages, request);
  return { text, finishReason, completionTokens };
};

export function describeModel(
  name: string,
  makeModel: () => Promise<LanguageModel>,
  { special = '<|end|>', tolerance = 1e-3 }: ContractOptions = {},
): void {
  describe(`${name} keeps the contract of a language model`, () => {
    let model: LanguageModel;
    beforeAll(async () => {
      model = await makeModel();
    }, 120_000);

    describeGeneration(() => model, special);
    describeSeries(() => model, tolerance);
    describeForcedTokens(() => model);
    describeSessions(() => model, tolerance);
    describePolicies(() => model);
    describeGradients(() => model);
  });
}

function describeGeneration(model: () => LanguageModel, special: string): void {
  test('generate is stateless: earlier requests change nothing', async () => {
    const first = await answer(model());
    await answer(model(), others[0]!);
    expect(await answer(model())).toEqual(first);
  });

  test('concurrent requests get the same answers as alone', async () => {
    const sampled = { ...options, sampling: { temperature: 1, topP: 0.9 } };
    const requests = [hello, ...others].map((messages, i) => ({
      messages,
      request: { ...sampled, seed: `${i}` },
    }));
    const alone = [];
    for (const { messages, request } of requests) alone.push(await answer(model(), messages, request));
    const together = await Promise.all(
      requests.map(({ messages, request }) => answer(model(), messages, request)),
    );
    expect(together).toEqual(alone);
  });

  test('a seed names the random stream', async () => {
    const sampled = { ...options, sampling: { temperature: 1, topP: 1 }, seed: 'seven' };
    expect(await answer(model(), hello, sampled)).toEqual(await answer(model(), hello, sampled));
  });

  test('never writes more than the requested number of tokens', async () => {
    const { completionTokens, finishReason } = await model().generate(hello, { maxNewTokens: 3 });
    expect(completionTokens).toBeLessThanOrEqual(3);
    if (completionTokens === 3) expect(['length', 'end']).toContain(finishReason);
  });

  test('ends before the first stop string', async () => {
    const longer = { ...options, maxNewTokens: 40 };
    const whole = (await answer(model(), hello, longer)).text;
    const stop = [...whole].find((letter, at) => at > 1 && letter > ' ' && letter < '\u007f');
    expect(stop, `no letter to stop at in ${JSON.stringify(whole)}`).toBeDefined();
    const stopped = await answer(model(), hello, { ...longer, stop: ['never there', stop!] });
    expect(stopped).toMatchObject({
      text: whole.slice(0, whole.indexOf(stop!)),
      finishReason: 'stop-string',
    });
  });

  test('an aborted request rejects alone, with an AbortError', async () => {
    const expected = await answer(model(), others[0]!);
    const controller = new AbortController();
    const stopped = model().generate(hello, { ...options, signal: controller.signal });
    const other = answer(model(), others[0]!);
    controller.abort();
    await expect(stopped).rejects.toMatchObject({ name: 'AbortError' });
    expect(await other).toEqual(expected);
  });

  test('a signal that is already aborted rejects', async () => {
    const request = { ...options, signal: AbortSignal.abort() };
    await expect(model().generate(hello, request)).rejects.toMatchObject({ name: 'AbortError' });
  });

  test('a prompt that leaves no room is refused as a context overflow; a concurrent one is not', async () => {
    const expected = await answer(model());
    const long = model().generate([user('word '.repeat(model().contextWindow))], options);
    const neighbour = answer(model());
    await expect(long).rejects.toMatchObject({ code: 'context-overflow' });
    expect(await neighbour).toEqual(expected);
  });

  test('a special token typed into a message is text unless the caller requests control', async () => {
    const typed = [user(`a ${special} b`)];
    const text = await model().generate(typed, { maxNewTokens: 1 });
    const control = await model().generate(typed, { maxNewTokens: 1, specialTokens: 'control' });
    expect(text.promptTokens).toBeGreaterThan(control.promptTokens!);
  });
}

/** Tests of a higher tier pass without checking anything on a model that does not offer it. */
function onScoring(model: () => LanguageModel, body: (model: ScoringModel) => Promise<void>) {
  return async () => {
    const candidate = model();
    if (isScoring(candidate)) await body(candidate);
  };
}

/** Log-probs of `target` along an opened session. */
async function walk(model: ScoringModel, prompt: readonly number[], target: readonly number[]) {
  const session = await model.open([prompt]);
  const logProbs: number[] = [];
  for (const [t, id] of target.entries()) {
    const logits = session.logits(0);
    logProbs.push(logits[id]! - logSumExp(logits));
    if (t + 1 < target.length) await session.advance([id]);
  }
  await session.close();
  return logProbs;
}

const farthest = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Array.from(a).reduce(
    (most, value, i) => Math.max(most, Math.abs(value - b[i]!)),
    a.length === b.length ? 0 : NaN,
  );

function describeSeries(model: () => LanguageModel, tolerance: number): void {
  test(
    'the answer continues the assistant prefix, which is not part of it',
    onScoring(model, async (scoring) => {
      const request = { maxNewTokens: 6, assistantPrefix: 'Sure, here', topTokens: 1 };
      const { tokens, text } = await scoring.generate(hello, request);
      const session = await scoring.open([scoring.tokenizer.prompt(hello, request)]);
      const ids: number[] = [];
      for (let id = argmax(session.logits(0)); ids.length < 6 && !scoring.tokenizer.endIds.has(id);) {
        ids.push(id);
        await session.advance([id]);
        id = argmax(session.logits(0));
      }
      await session.close();
      expect(tokens.map(({ id }) => id)).toEqual(ids);
      expect(text.startsWith('Sure')).toBe(false);
    }),
  );

  test(
    'log-probs equal those of an opened session',
    onScoring(model, async (scoring) => {
      const prompt = scoring.tokenizer.prompt(hello);
      const target = scoring.tokenizer.encode('Sure, here is');
      const [logProbs] = await scoring.logProbs([{ prompt, target }]);
      expect(farthest(logProbs!, await walk(scoring, prompt, target))).toBeLessThan(tolerance);
      expect(Math.max(...logProbs!)).toBeLessThanOrEqual(1e-6);
    }),
  );

  test(
    'scoring many targets at once gives the same as scoring each alone',
    onScoring(model, async (scoring) => {
      const { tokenizer } = scoring;
      const prompt = tokenizer.prompt(hello);
      const targets = ['Sure', 'Sure, here is', 'No. I cannot', 'x'].map((text) => tokenizer.encode(text));
      const requests = [
        ...targets.map((target) => ({ prompt, target })),
        { prompt: prompt.slice(0, 5), target: targets[1]! },
      ];
      const together = await scoring.logProbs(requests);
      for (const [index, request] of requests.entries()) {
        const [alone] = await scoring.logProbs([request]);
        expect(farthest(together[index]!, alone!)).toBeLessThan(tolerance);
      }
      expect(await scoring.logProbs([])).toEqual([]);
    }),
  );

  test(
    'a request that is aborted while it is decoded stops within a step',
    onScoring(model, async (scoring) => {
      const expected = await answer(scoring, others[0]!);
      const controller = new AbortController();
      let tokenCount = 0;
      const onToken = () => {
        tokenCount++;
        controller.abort();
      };
      const request = { maxNewTokens: 30, signal: controller.signal, onToken };
      const stopped = scoring.generate(hello, request);
      const other = answer(scoring, others[0]!);
      await expect(stopped).rejects.toMatchObject({ name: 'AbortError' });
      expect(await other).toEqual(expected);
      expect(tokenCount).toBe(1);
    }),
  );

  test(
    'tokens are recorded likeliest first, with the text they add',
    onScoring(model, async (scoring) => {
      const seen: string[] = [];
      const { tokens, text } = await scoring.generate(hello, {
        ...options,
        topTokens: 3,
        onToken: (_, soFar) => seen.push(soFar),
      });
      for (const { id, top, logProb } of tokens) {
        expect(top.map((option) => option.logProb)).toEqual(
          top.map((option) => option.logProb).toSorted((a, b) => b - a),
        );
        expect(top[0]).toMatchObject({ id, logProb });
      }
      expect(text.startsWith(tokens.map((token) => token.text).join(''))).toBe(true);
      expect(text.startsWith(seen.at(-1) ?? '')).toBe(true);
    }),
  );
}

function describeForcedTokens(model: () => LanguageModel): void {
  const recorded: GenerateOptions = { ...options, topTokens: 5, sampling: { temperature: 1, topP: 1 } };

  test('forced tokens are refused below grey-box access', async () => {
    if (isScoring(model())) return;
    await expect(model().generate(hello, { ...options, forced: [1] })).rejects.toMatchObject({
      code: 'not-supported',
    });
  });

  test(
    'forcing the tokens drawn before gives the same answer, forcing others one that starts with them',
    onScoring(model, async (scoring) => {
      const expected = await scoring.generate(hello, recorded);
      const ids = expected.tokens.map(({ id }) => id!);
      expect(await scoring.generate(hello, { ...recorded, forced: ids.slice(0, 3) })).toEqual(expected);
      const other = scoring.tokenizer.encode('z')[0]!;
      const forced = [...ids.slice(0, 1), other];
      const { tokens } = await scoring.generate(hello, { ...recorded, forced });
      expect(tokens.slice(0, 2).map(({ id }) => id)).toEqual(forced);
      expect(tokens[0]).toEqual(expected.tokens[0]);
    }),
  );

  test(
    'a forced token outside the vocabulary fails its own request only',
    onScoring(model, async (scoring) => {
      const bad = scoring.generate(hello, { ...options, forced: [99_999_999] });
      const good = answer(scoring, others[0]!);
      await expect(bad).rejects.toMatchObject({ code: 'bad-input' });
      expect(await good).toEqual(await answer(scoring, others[0]!));
    }),
  );
}

function describeSessions(model: () => LanguageModel, tolerance: number): void {
  test(
    'a row of a session is the same as alone, even after rows were dropped and reordered',
    onScoring(model, async (scoring) => {
      const prompts = [hello, ...others].map((messages) => scoring.tokenizer.prompt(messages));
      const more = scoring.tokenizer.encode('xyz');
      const session = await scoring.open(prompts);
      const alone = await scoring.open([prompts[2]!]);
      expect(session.rows).toBe(4);
      expect(farthest(session.logits(2), alone.logits(0))).toBeLessThan(tolerance);
      await session.advance(prompts.map(() => more[0]!));
      await alone.advance([more[0]!]);
      await session.keep([3, 2]);
      expect(session.rows).toBe(2);
      expect(farthest(session.logits(1), alone.logits(0))).toBeLessThan(tolerance);
      await session.advance([more[1]!, more[2]!]);
      await alone.advance([more[2]!]);
      expect(farthest(session.logits(1), alone.logits(0))).toBeLessThan(tolerance);
      await session.close();
      await session.close();
      await alone.close();
    }),
  );

  test(
    'ids outside the vocabulary, and no ids at all, are refused before anything runs',
    onScoring(model, async (scoring) => {
      const expected = await answer(scoring);
      await expect(scoring.open([[0, 99_999_999]])).rejects.toMatchObject({ code: 'bad-input' });
      await expect(scoring.open([[]])).rejects.toMatchObject({ code: 'bad-input' });
      await expect(scoring.logProbs([{ prompt: [1], target: [] }])).rejects.toMatchObject({
        code: 'bad-input',
      });
      await expect(scoring.logProbs([{ prompt: [-1], target: [1] }])).rejects.toMatchObject({
        code: 'bad-input',
      });
      expect(await answer(scoring)).toEqual(expected);
    }),
  );

  test(
    'a session holds as many tokens as the context window, and no more',
    onScoring(model, async (scoring) => {
      const [id] = scoring.tokenizer.encode('a');
      const session = await scoring.open([new Array<number>(scoring.contextWindow - 1).fill(id!)]);
      await session.advance([id!]);
      await expect(session.advance([id!])).rejects.toMatchObject({ code: 'context-overflow' });
      await session.close();
      const prompt = new Array<number>(scoring.contextWindow).fill(id!);
      await expect(scoring.logProbs([{ prompt, target: [id!] }])).rejects.toMatchObject({
        code: 'context-overflow',
      });
    }),
  );
}

const policy = (
  steps: number,
  next: DecodingPolicy['next'],
  companions: DecodingPolicy['companions'] = [],
) => ({
  id: 'test',
  steps,
  next,
  companions,
});

function describePolicies(model: () => LanguageModel): void {
  test('a policy is refused below grey-box access', async () => {
    if (isScoring(model())) return;
    const request = { ...options, policy: policy(1, ({ base }) => base.slice()) };
    await expect(model().generate(hello, request)).rejects.toMatchObject({ code: 'not-supported' });
  });

  test('an edit is refused below white-box access', async () => {
    if (isWhiteBox(model())) return;
    const request = { ...options, edit: { residual: [{ ablate: [1] }] } };
    await expect(model().generate(hello, request)).rejects.toMatchObject({ code: 'not-supported' });
  });

  test(
    'a policy of strength zero changes nothing; one that is done is not called',
    onScoring(model, async (scoring) => {
      const expected = await answer(scoring);
      const neutral = policy(1_000, ({ base }) => base.slice(), [{ model: scoring }]);
      expect(await answer(scoring, hello, { ...options, policy: neutral })).toEqual(expected);
      const steps: number[] = [];
      const short = policy(2, ({ base, index }) => {
        steps.push(index);
        return base.slice();
      });
      expect(await answer(scoring, hello, { ...options, policy: short })).toEqual(expected);
      expect(steps).toEqual([0, 1]);
    }),
  );

  test(
    'a policy decides the tokens while it acts, and its companion reads its own conversation',
    onScoring(model, async (scoring) => {
      const { tokenizer } = scoring;
      const [forced] = tokenizer.encode('z');
      const seen: number[] = [];
      const force = policy(
        2,
        ({ base, companions }) => {
          seen.push(argmax(companions[0]!));
          return base.map((_, id) => (id === forced ? 0 : -Infinity));
        },
        [{ model: scoring, rewrite: () => others[1]! }],
      );
      const { tokens } = await scoring.generate(hello, { maxNewTokens: 3, topTokens: 1, policy: force });
      expect(tokens.slice(0, 2).map(({ id }) => id)).toEqual([forced, forced]);
      const session = await scoring.open([tokenizer.prompt(others[1]!)]);
      const expected = [argmax(session.logits(0))];
      await session.advance([forced!]);
      expected.push(argmax(session.logits(0)));
      await session.close();
      expect(seen).toEqual(expected);
    }),
  );
}

function describeGradients(model: () => LanguageModel): void {
  const onWhiteBox = (body: (model: WhiteBoxModel) => Promise<void>) => async () => {
    const candidate = model();
    if (isWhiteBox(candidate)) await body(candidate);
  };

  test(
    'the gradient has a finite entry for each position of the span and each token',
    onWhiteBox(async (white) => {
      const prompt = white.tokenizer.prompt(hello);
      const target = white.tokenizer.encode('Sure');
      const gradient = await white.tokenGradient({ prompt, target, start: 2, end: 5 });
      expect(gradient.length % 3).toBe(0);
      expect(gradient.length / 3).toBeGreaterThanOrEqual(white.tokenizer.vocabSize);
      expect(gradient.every(Number.isFinite)).toBe(true);
    }),
  );

  test(
    'hidden states have one row per token at every layer boundary',
    onWhiteBox(async (white) => {
      const prompt = white.tokenizer.prompt(hello);
      const states = await white.hiddenStates(prompt);
      expect(states.length).toBeGreaterThan(0);
      for (const state of states) expect(state.length % prompt.length).toBe(0);
    }),
  );
}
