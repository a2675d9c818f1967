import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { user } from '../../src/core/chat.ts';
import { conditionalModel } from '../../src/defenses/conditional-model.ts';
import { conditionalSteering } from '../../src/defenses/decoding/conditional-steering.ts';
import type { Artifact } from '../../src/defenses/defense.ts';
import { seenModel } from '../../src/defenses/seen-model.ts';
import { stackView } from '../../src/defenses/stack.ts';
import type { WhiteBoxModel } from '../../src/models/language-model.ts';
import { playing } from './defend.ts';
import { createTiny, defendWith, prepare } from './white-box.ts';

let model: ReturnType<typeof createTiny>;
let artifact: Artifact;
beforeAll(async () => {
  model = createTiny();
  artifact = await prepare(conditionalSteering, model, { refusing: '20 21 22', compliant: '25 26' });
});
afterAll(() => model.dispose());

const chosen = { strength: 4 };
const [met, unmet] = ['7 30 8', '7 9 8'];
const few = { maxNewTokens: 6, topTokens: 1 };
const target = [11, 12, 13];

/** The model behind conditional steering as an attacker sees it. */
const seen = () => {
  const { view, hidden } = stackView(
    model,
    [{ defense: conditionalSteering, options: chosen, artifact }],
    playing({}),
  );
  expect(hidden).toEqual([]);
  return seenModel(model as WhiteBoxModel, view, {
    seed: 's',
    generate: (messages, options) =>
      defendWith(conditionalSteering, model, artifact, chosen).generate(messages, options),
  });
};
const mean = (values: Float32Array) => values.reduce((sum, value) => sum + value, 0) / values.length;

describe('the view of conditional steering', () => {
  test.each([met, unmet])('gives %j the log-probs that the defended model answers with', async (text) => {
    const defended = defendWith(conditionalSteering, model, artifact, chosen);
    const reply = await defended.generate([user(text)], few);
    expect(reply.events[0]!.action).toBe(text === met ? 'steered' : 'passed');
    const answer = reply.tokens.map(({ id }) => id!);
    const view = seen();
    const prompt = view.tokenizer.prompt([user(text)]);
    const [logProbs] = await view.logProbs([{ prompt, target: answer }]);
    reply.tokens.forEach(({ logProb }, t) => expect(logProbs![t]).toBeCloseTo(logProb!, 4));
    const [bare] = await model.logProbs([{ prompt, target: answer }]);
    expect(Math.abs(mean(bare!) - mean(logProbs!)) > 1e-3).toBe(text === met);
    view.dispose();
  });

  test('reads the condition without the words that begin an answer', async () => {
    const view = seen();
    const prompt = view.tokenizer.prompt([user(met)], { assistantPrefix: '9 9 9 9 9 9 9 9' });
    const [steered] = await view.logProbs([{ prompt, target }]);
    const [bare] = await model.logProbs([{ prompt, target }]);
    expect(mean(steered!)).not.toBeCloseTo(mean(bare!), 3);
    view.dispose();
  });

  test('scores prompts of both sides in one call, and decodes them in one session', async () => {
    const view = seen();
    const prompts = [met, unmet, met].map((text) => view.tokenizer.prompt([user(text)]));
    const together = await view.logProbs(prompts.map((prompt) => ({ prompt, target })));
    const apart = await Promise.all(prompts.map((prompt) => view.logProbs([{ prompt, target }])));
    expect(together).toEqual(apart.flat());

    const session = await view.open(prompts);
    const first = [...prompts.keys()].map((row) => session.logits(row).slice());
    expect(first[0]).toEqual(first[2]);
    expect(first[0]).not.toEqual(first[1]);
    await session.keep([2, 1]);
    expect(session.rows).toBe(2);
    expect([session.logits(0).slice(), session.logits(1).slice()]).toEqual([first[2], first[1]]);
    await session.advance([5, 5]);
    const [steered, plain] = [session.logits(0).slice(), session.logits(1).slice()];
    await session.keep([1]);
    expect(session.logits(0)).toEqual(plain);
    expect(steered).not.toEqual(plain);
    await session.close();
    view.dispose();
  });

  test.each([met, unmet])('has the gradient of its own side at %j, by finite differences', async (text) => {
    const view = seen();
    const prompt = view.tokenizer.prompt([user(text)]);
    const ids = view.tokenizer.encode(text);
    const start = prompt.indexOf(ids[0]!);
    const gradient = await view.embeddingGradient({ prompt, target, start, end: start + ids.length });
    const rows = await view.embeddings(ids);
    const width = rows.length / ids.length;
    const lossAt = async (vectors: Float32Array) => {
      const moved = view.edited({
        softTokens: {
          vectors: ids.map((_, i) => [...vectors.subarray(i * width, (i + 1) * width)]),
          at: 'user-text',
        },
      });
      const [logProbs] = await moved.logProbs([{ prompt: moved.tokenizer.prompt([user('0')]), target }]);
      moved.dispose();
      return -mean(logProbs!);
    };
    const step = 1e-2;
    for (const place of [0, 7, width + 3, 2 * width + 11]) {
      const [up, down] = [rows.slice(), rows.slice()];
      up[place]! += step;
      down[place]! -= step;
      const slope = ((await lossAt(up)) - (await lossAt(down))) / (2 * step);
      expect(slope).toBeCloseTo(gradient[place]!, 2);
    }
    expect(Math.max(...gradient.map(Math.abs))).toBeGreaterThan(0.05);
    view.dispose();
  });
});

test('weights have no gradient in common for requests on both sides', async () => {
  const isMet = async (_: unknown, prompt: readonly number[]) => prompt.includes(30);
  const edit = { residual: [{ boundaries: [1], add: Array<number>(16).fill(1) }] };
  const both = conditionalModel(model, { edit, isMet }, (prompt) => prompt);
  const requests = [met, unmet].map((text) => ({ prompt: model.tokenizer.prompt([user(text)]), target }));
  const ignore = () => undefined;
  await expect(both.weightGradients(requests, ignore)).rejects.toMatchObject({ code: 'not-supported' });
  await both.weightGradients(requests.slice(0, 1), ignore);
  both.dispose();
});
