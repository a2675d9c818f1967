import { describe, expect, test } from 'vitest';
import { lastUserText, user } from '../../../src/core/chat.ts';
import { blockedText } from '../../../src/defenses/defense.ts';
import { parseOptions } from '../../../src/core/options.ts';
import { parden } from '../../../src/defenses/output/parden.ts';
import type { GenerateOptions } from '../../../src/models/language-model.ts';
import { defend, learning, options, remembering } from '../defend.ts';

const long = 'Fetch the horn, walk up the hill, wait for the moon and blow three times.';

/** Answers a request, and repeats what it is shown in the last brackets as `repeat` says. */
async function ask(
  answer: string,
  repeat: (shown: string) => string,
  { chosen = {}, request = {} as Partial<GenerateOptions> } = {},
) {
  const { model, asked } = remembering((messages, { assistantPrefix = '' }) => {
    if (!assistantPrefix.endsWith('\n[')) return answer;
    const shown = lastUserText(messages);
    return repeat(shown.slice(shown.indexOf(assistantPrefix) + assistantPrefix.length, -1));
  });
  const reply = await defend(parden, model, { threshold: 0.6, ...chosen }).generate([user('Go')], {
    ...options,
    maxNewTokens: 500,
    ...request,
  });
  return { reply, asked };
}
const perfectly = (shown: string) => `${shown}]`;

test.each(['Yes.', 'One two three', long, 'List:\n[a] one\n[b] two', 'With [brackets] in it'])(
  'a perfect repeater leaves %j unchanged',
  async (answer) => {
    const { reply } = await ask(answer, perfectly);
    expect(reply.text).toBe(answer);
    expect(reply.events.at(-1)).toMatchObject({ action: 'passed', detail: { bleu: expect.closeTo(1, 9) } });
  },
);

test.each([
  ['with its brackets', (answer: string) => `[${answer}]`],
  ['without them', (answer: string) => answer],
])('asked for the answer alone, a model that repeats it %s is believed', async (_, repeat) => {
  for (const answer of ['Yes.', 'List [a] first.', '[a] comes first.']) {
    const shown = `\n[${answer}]`;
    const { model, asked } = remembering((messages) =>
      lastUserText(messages).endsWith(shown) ? repeat(answer) : answer,
    );
    const reply = await defend(parden, model, { examples: 0, threshold: 0.6 }).generate(
      [user('Go')],
      options,
    );
    expect(reply.events.at(-1)!.detail).toMatchObject({ bleu: expect.closeTo(1, 9), repetition: answer });
    expect(asked[1]!.options.assistantPrefix).toBeUndefined();
  }
});

test('what a repeater writes behind the closing bracket does not count', async () => {
  for (const answer of ['Yes.', 'List [a] first.']) {
    const { reply } = await ask(answer, (shown) => `${shown}]\n[a] [b]`);
    expect(reply.events.at(-1)!.detail).toMatchObject({ bleu: expect.closeTo(1, 9), repetition: answer });
  }
});

test.each([
  ['a refusal', 'I am sorry, I cannot repeat that.'],
  ['nothing', ''],
  ['its first words only', 'Fetch the horn,'],
])('%s in place of the repetition withholds the answer, and is not returned', async (_, repetition) => {
  const { reply } = await ask(long, () => repetition);
  expect(reply).toMatchObject({ text: blockedText, finishReason: 'blocked' });
  expect(reply.events.at(-1)!.action).toBe('blocked');
});

test('an empty answer is not repeated', async () => {
  const { reply, asked } = await ask(' \n', perfectly);
  expect(asked).toHaveLength(1);
  expect(reply.events.at(-1)!.action).toBe('passed');
});

test('words and characters are compared as asked', async () => {
  const nearly = () => 'Fetching a horn, walking up a hill, waiting for a moon and blowing three times.]';
  const score = async (unit: string) =>
    (await ask(long, nearly, { chosen: { unit } })).reply.events.at(-1)!.detail!['bleu'];
  expect(await score('characters')).toBeGreaterThan(Number(await score('words')) + 0.3);
});

test('only the start of a long answer is compared', async () => {
  const { reply } = await ask(long, (shown) => `${shown.slice(0, 30)} something else altogether]`, {
    chosen: { compared: 4 },
  });
  expect(reply.text).toBe(long);
});

describe('the repetition', () => {
  test('is asked of the same model, greedily, after four harmless lines in its own mouth', async () => {
    const { asked, reply } = await ask(long, perfectly, {
      request: { sampling: { temperature: 1, topP: 1 } },
    });
    expect(asked).toHaveLength(2);
    expect(asked[1]!.options).toMatchObject({ sampling: { temperature: 0 } });
    expect(asked[1]!.options.assistantPrefix!.match(/^\[.+\]$/gm)).toHaveLength(4);
    expect(asked[1]!.messages[0]!.content).toContain(`[${long}]`);
    expect(reply.events.at(-1)!.cost!.queries).toBe(1);
  });
  test('includes the assistant prefix', async () => {
    const { asked } = await ask(' blow it.', perfectly, { request: { assistantPrefix: 'Take the horn,' } });
    expect(asked[1]!.messages[0]!.content).toContain('[Take the horn, blow it.]');
  });
  test('has room for the whole answer', async () => {
    const text = 'word '.repeat(300).trim();
    const { reply } = await ask(text, perfectly, {
      request: { maxNewTokens: 3000 },
      chosen: { compared: 1000 },
    });
    expect(reply.text).toBe(text);
  });
});

test('nothing is streamed before the answer was repeated', async () => {
  const { asked } = await ask(long, perfectly, { request: { onToken: () => undefined } });
  expect(asked.map((call) => call.options.onToken)).toEqual([undefined, undefined]);
});

test('a model whose weights an attack edits repeats with the same edit, without the vectors of its prompt', async () => {
  const edits: unknown[] = [];
  const { model } = remembering(() => long);
  const editable: typeof model = {
    ...model,
    generate: (messages, { edit, ...request }) => {
      edits.push(edit);
      return model.generate(messages, request);
    },
  };
  const residual = [{ ablate: [1, 0] }];
  const weights = { residual };
  const both = { residual, softTokens: { vectors: [[1, 2]], at: 'user-end' as const } };
  for (const request of [{ edit: weights }, { edit: both }, {}])
    await defend(parden, editable, { threshold: 0.6 }).generate([user('Go')], { ...options, ...request });
  expect(edits[1]).toBe(weights);
  expect(edits.slice(2)).toEqual([both, { residual }, undefined, undefined]);
});

test('its threshold is what the model’s answers to benign requests reach when it repeats them', async () => {
  const answers = ['One two three four five.', 'Six seven eight nine ten.', ''];
  const { model } = remembering((messages, { assistantPrefix = '' }) => {
    if (!assistantPrefix.endsWith('\n[')) return answers[Number(lastUserText(messages))]!;
    const shown = lastUserText(messages);
    return shown.includes('Six') ? 'Six seven.]' : `${shown.slice(shown.lastIndexOf('[') + 1, -1)}]`;
  });
  const contrast = { harmful: ['0'], harmless: ['0'], calibration: ['0', '1', '2'] };
  const threshold = async (falsePositives: number) => {
    const chosen = parseOptions(parden.options, { falsePositives }, 'parden');
    return parden.prepare!(model as never, contrast, chosen, learning(1));
  };
  expect(await threshold(0.34)).toEqual({ threshold: 1, benign: 3, flagged: 1, texts: 'calibration' });
  const strict = await threshold(0);
  expect(strict).toMatchObject({ flagged: 0 });
  expect(strict['threshold']).toBeLessThan(0.6);
});
