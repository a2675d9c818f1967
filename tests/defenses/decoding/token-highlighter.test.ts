import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { assistant, shownTurn, system, user, type ChatMessage } from '../../../src/core/chat.ts';
import { norm } from '../../../src/core/vectors.ts';
import { influences, tokenHighlighter } from '../../../src/defenses/decoding/token-highlighter.ts';
import type { GenerateOptions } from '../../../src/models/language-model.ts';
import { targetLoss } from '../../models/target-loss.ts';
import { defend } from '../defend.ts';
import { createTiny } from '../white-box.ts';

let model: ReturnType<typeof createTiny>;
beforeAll(() => {
  model = createTiny();
});
afterAll(() => model.dispose());

const affirmation = '20 21';
const asked: readonly ChatMessage[] = [system('3 4'), user('5 30 6 15 16')];
const ids = [5, 30, 6, 15, 16];
const request: GenerateOptions = { maxNewTokens: 5 };
const rowOf = async (id: number) => [...(await model.embeddings([id]))];

/** The edit that a defended request reaches the model with. */
async function editOf(
  messages: readonly ChatMessage[],
  chosen: Readonly<Record<string, unknown>>,
  more: Partial<GenerateOptions> = {},
) {
  const seen: GenerateOptions[] = [];
  const spying = {
    ...model,
    generate: (turns: readonly ChatMessage[], options: GenerateOptions) => {
      seen.push(options);
      return model.generate(turns, options);
    },
  };
  const reply = await defend(tokenHighlighter, spying, { affirmation, ...chosen }).generate(messages, {
    ...request,
    ...more,
  });
  expect(seen).toHaveLength(1);
  return { edit: seen[0]!.edit, reply };
}

describe('the influence of a token', () => {
  test('is the length of the gradient of the affirmation loss in its embedding: agrees with differences', async () => {
    const { influence, tokens } = await influences(model, asked, affirmation, {});
    expect(influence.map(({ index }) => index)).toEqual([0, 1, 2, 3, 4]);
    expect(tokens).toBe(model.tokenizer.prompt(asked).length + 2);
    const rows = await Promise.all(ids.map(rowOf));
    const lossAt = async (token: number, axis: number, step: number) => {
      const vectors = rows.map((row, i) =>
        row.map((value, k) => (i === token && k === axis ? value + step : value)),
      );
      const view = model.edited({ softTokens: { vectors, at: 'user-text' } });
      const loss = await targetLoss(view, asked, affirmation);
      view.dispose();
      return loss;
    };
    for (const { index, length } of influence.slice(1, 3)) {
      const slopes: number[] = [];
      for (let axis = 0; axis < 16; axis++)
        slopes.push(((await lossAt(index, axis, 1e-2)) - (await lossAt(index, axis, -1e-2))) / 2e-2);
      expect(norm(slopes) / length).toBeCloseTo(1, 2);
    }
  });
  test('is asked of the user’s own words in the last turn alone', async () => {
    const framed = { ...user('7 8 30 6 9 30 6 10'), own: [[4, 8] as const, [11, 15] as const] };
    const { influence } = await influences(model, [user('5'), assistant('6'), framed], affirmation, {});
    expect(influence.map(({ index }) => index)).toEqual([2, 3, 5, 6]);
  });
});

describe('soft removal', () => {
  test('multiplies the embeddings of the most influential tokens, and of no others', async () => {
    const { influence } = await influences(model, asked, affirmation, {});
    const order = influence.toSorted((a, b) => b.length - a.length).map(({ index }) => index);
    // A quarter of 5 tokens, rounded up, are 2.
    const { edit, reply } = await editOf(asked, { share: 0.25, factor: 0.5 });
    expect(edit!.softTokens!.at).toBe('user-text');
    const vectors = edit!.softTokens!.vectors;
    for (const [i, id] of ids.entries()) {
      const factor = order.slice(0, 2).includes(i) ? 0.5 : 1;
      const row = await rowOf(id);
      vectors[i]!.forEach((value, k) => expect(value).toBeCloseTo(factor * row[k]!, 6));
    }
    expect(reply.events).toMatchObject([
      {
        action: 'edited',
        detail: {
          highlighted: order
            .slice(0, 2)
            .map((i) => String(ids[i]))
            .join(' | '),
        },
        cost: { queries: 1 },
      },
    ]);
    expect(reply.events[0]!.detail!['strongest']).toBeCloseTo(influence[order[0]!]!.length, 6);
  });
  test('by a factor of 1 is the model itself, and by 0 is not', async () => {
    const plain = await model.generate(asked, request);
    expect((await editOf(asked, { factor: 1 })).reply.text).toBe(plain.text);
    expect((await editOf(asked, { factor: 0, share: 1 })).reply.text).not.toBe(plain.text);
  });
  test('leaves what stands around the user’s words as it is', async () => {
    const framed = { ...user('7 8 30 6 9'), own: [[4, 8] as const] };
    const { edit } = await editOf([framed], { share: 1, factor: 0 });
    const expected = await Promise.all([7, 8, 30, 6, 9].map(rowOf));
    const nothing = new Array<number>(16).fill(0);
    expect(edit!.softTokens!.vectors).toEqual([expected[0], expected[1], nothing, nothing, expected[4]]);
  });
  test('acts together with an edit of the weights, and reads the model as that edit has it', async () => {
    const ablate = await rowOf(30);
    const attack = { residual: [{ ablate }] };
    const plain = await influences(model, asked, affirmation, {});
    const under = await influences(model, asked, affirmation, { edit: attack });
    expect(under.influence[1]!.length).not.toBeCloseTo(plain.influence[1]!.length, 4);
    const { edit } = await editOf(asked, {}, { edit: attack });
    expect(edit).toMatchObject({ residual: [{ ablate }], softTokens: { at: 'user-text' } });
  });
  test.each([
    ['no token is to be shrunk', asked, { share: 0 }, 1],
    ['the last turn holds none of the user’s words', [user('5'), shownTurn('7 8')], {}, 0],
  ] as const)('does nothing where %s', async (_, messages, chosen, queries) => {
    const { edit, reply } = await editOf(messages, chosen);
    expect(edit).toBeUndefined();
    expect(reply.events).toMatchObject([{ action: 'passed', cost: { queries } }]);
  });
});
