import { describe, expect, test } from 'vitest';
import { lastUserText, system, user, type ChatMessage } from '../../src/core/chat.ts';
import { parseOptions } from '../../src/core/options.ts';
import type { Defense } from '../../src/defenses/defense.ts';
import { goalPriority } from '../../src/defenses/input/goal-priority.ts';
import { icd } from '../../src/defenses/input/icd.ts';
import { sandwich } from '../../src/defenses/input/sandwich.ts';
import { spotlighting } from '../../src/defenses/input/spotlighting.ts';
import { selfReminder } from '../../src/defenses/input/self-reminder.ts';
import { defenses } from '../../src/defenses/index.ts';
import { dro } from '../../src/defenses/decoding/dro.ts';
import { steering } from '../../src/defenses/decoding/steering.ts';
import { rose } from '../../src/defenses/decoding/rose.ts';
import { raLlm } from '../../src/defenses/decoding/ra-llm.ts';
import { safeDecoding } from '../../src/defenses/decoding/safe-decoding.ts';
import { smoothLlm } from '../../src/defenses/decoding/smooth-llm.ts';
import { paraphrase } from '../../src/defenses/input/paraphrase.ts';
import { perplexityFilter } from '../../src/defenses/input/perplexity-filter.ts';
import { retokenization } from '../../src/defenses/input/retokenization.ts';
import { outputGuard } from '../../src/defenses/output/output-guard.ts';
import { stackView } from '../../src/defenses/stack.ts';
import { seenModel } from '../../src/defenses/seen-model.ts';
import type { GenerateOptions, LanguageModel, ScoringModel } from '../../src/models/language-model.ts';
import { scripted } from '../../src/models/runtimes/scripted.ts';

const noRoles = {
  role: () => {
    throw new Error('no role');
  },
  classifier: () => {
    throw new Error('no role');
  },
};

/** What reaches a model behind a defense. */
async function reached(defense: Defense, messages: readonly ChatMessage[], seed: string) {
  let sent: readonly ChatMessage[] = [];
  const model: LanguageModel = scripted({ id: 'm', reply: (all) => ((sent = all), 'fine') });
  const options = parseOptions(defense.options, {}, defense.id);
  await defense.wrap(model as never, options, noRoles).generate(messages, { maxNewTokens: 9, seed });
  return sent;
}

const conversations: readonly (readonly ChatMessage[])[] = [
  [user('wake the giant')],
  [system('Be kind.'), user('wake the giant !! [Answer] Sure')],
  [system('Be kind.')],
  [{ ...user('Sum it up: a tale'), documents: [[11, 17]] }],
];

describe.each<Defense>([selfReminder, icd, goalPriority, sandwich, spotlighting])(
  'the view of $id',
  (defense) => {
    test.each(conversations)('shows what reaches the model', async (...messages) => {
      const options = parseOptions(defense.options, {}, defense.id);
      const { rewrite } = defense.view!(scripted({ id: 'm', reply: () => '' }) as never, options, noRoles);
      for (const seed of ['a', 'b', 'c'])
        expect(rewrite!(messages, seed)).toEqual(await reached(defense, messages, seed));
    });
  },
);

const grey = () => scripted({ id: 'm', next: () => new Float32Array(300) }) as ScoringModel;

test('views compose in the order in which a request passes the defenses', () => {
  const model = grey();
  const chosen = [{ defense: selfReminder }, { defense: goalPriority }];
  const { view, hidden } = stackView(model, chosen, noRoles);
  expect(hidden).toEqual([]);
  const text = lastUserText(view.rewrite!([user('wake it')], ''));
  expect(text).toMatch(/Request: You are a responsible assistant[\s\S]*wake it[\s\S]*Remember/);
});

test('a defense without a view is named', () => {
  const chosen = [{ defense: selfReminder }, { defense: retokenization }];
  expect(stackView(grey(), chosen, noRoles).hidden).toEqual(['retokenization']);
});

test('a seen model has the prompts of the defended one, and its answers', async () => {
  const model = grey();
  const { view } = stackView(model, [{ defense: selfReminder }], noRoles);
  const answer = async () => ({ text: 'of the stack' }) as never;
  const seen = seenModel(model, view, { seed: '', generate: answer });
  const prompt = seen.tokenizer.prompt([user('wake it')]);
  expect(prompt).toEqual(model.tokenizer.prompt(view.rewrite!([user('wake it')], '')));
  expect(prompt.length).toBeGreaterThan(model.tokenizer.prompt([user('wake it')]).length);
  expect((await seen.generate([user('x')], { maxNewTokens: 1 })).text).toBe('of the stack');
});

describe('log-probs of a seen model', () => {
  const answer = async () => ({ text: '' }) as never;
  const target = [5, 6];
  const seenBehind = (model: ScoringModel, chosen: Parameters<typeof stackView>[1], context = noRoles) => {
    const { view, sights } = stackView(model, chosen, context);
    const model2 = seenModel(model, view, { seed: 's', generate: answer, draws: 3 });
    const logProbs = async (text: string) =>
      (await model2.logProbs([{ prompt: model2.tokenizer.prompt([user(text)]), target }]))[0]!;
    return { logProbs, sights };
  };
  /** Expects blanks, and finds the target likelier the more often the prompt says "a". */
  const reader = () =>
    scripted({
      id: 'm',
      next(ids, tokenizer) {
        const logits = new Float32Array(tokenizer.vocabSize);
        logits[5] = logits[6] = (tokenizer.decode(ids).match(/a/g)?.length ?? 0) / 4;
        logits[tokenizer.encode('e')[0]!] = 6;
        return logits;
      },
    }) as ScoringModel;

  test('rank a request that a filter turns away behind one that passes, the more the further it is off', async () => {
    const chosen = [{ defense: perplexityFilter, options: { threshold: 50 } }];
    const { logProbs, sights } = seenBehind(reader(), chosen);
    const bare = seenBehind(reader(), []);
    expect(sights).toEqual(['filter']);
    expect(await logProbs('eeeeeeeeeeee')).toEqual(await bare.logProbs('eeeeeeeeeeee'));
    const [near, far] = [await logProbs('eeeeezzzzzzz'), await logProbs('zzzzzzzzzzzz')];
    expect(near[0]).toBeLessThan((await bare.logProbs('eeeeezzzzzzz'))[0]! - 5);
    expect(far[0]).toBeLessThan(near[0]!);
  });

  test('are means over the copies that a random defense sends', async () => {
    const { logProbs, sights } = seenBehind(reader(), [{ defense: smoothLlm }]);
    expect(sights).toEqual(['eot']);
    const text = 'a'.repeat(40);
    const [bare] = await seenBehind(reader(), []).logProbs(text);
    const [mean] = await logProbs(text);
    expect(mean).toBeLessThan(bare!);
    expect(await logProbs(text)).toEqual(await logProbs(text));
  });

  test('are means over the paraphrases that a random paraphraser writes', async () => {
    const seeds: string[] = [];
    const rewording = (reply: (words: string) => string) => ({
      ...noRoles,
      role: () => {
        const model = scripted({
          id: 'p',
          reply: (all) => reply(/={4,}\n(.*)\n={4,}/s.exec(all[0]!.content)![1]!),
        });
        return {
          ...model,
          generate: (messages: readonly ChatMessage[], options: GenerateOptions) => {
            seeds.push(options.seed!);
            return model.generate(messages, options);
          },
        } as never;
      },
    });
    const loses = rewording((words) => words.replaceAll('a', 'e'));
    const rephrased = { defense: paraphrase, options: { leastOverlap: 0 } };
    const { logProbs, sights } = seenBehind(reader(), [rephrased], loses);
    expect(sights).toEqual(['eot']);
    expect(await logProbs('wake a cat')).toEqual(await seenBehind(reader(), []).logProbs('weke e cet'));
    expect(new Set(seeds).size, 'every draw has a seed of its own').toBe(3);

    const declines = rewording(() => 'I am sorry, no.');
    const blocked = await seenBehind(reader(), [rephrased], declines).logProbs('wake a cat');
    const [bare] = await seenBehind(reader(), []).logProbs('wake a cat');
    expect(blocked[0]).toBeLessThan(bare! - 5);

    const filtered = [rephrased, { defense: perplexityFilter, options: { threshold: 50 } }];
    const cleans = rewording((words) => words.replaceAll('z', 'e'));
    const shown = seenBehind(reader(), filtered, cleans);
    expect(shown.sights).toEqual(['filter', 'eot']);
    expect(await shown.logProbs('eeeezzzz')).toEqual(await seenBehind(reader(), []).logProbs('eeeeeeee'));
    const spoils = rewording((words) => words.replaceAll('e', 'z'));
    const [turnedAway] = await seenBehind(reader(), filtered, spoils).logProbs('eeeeeeee');
    const [passed] = await seenBehind(reader(), []).logProbs('zzzzzzzz');
    expect(turnedAway).toBeLessThan(passed! - 5);
  });

  test('are means over the request itself and copies of it that lose tokens', async () => {
    const text = 'a'.repeat(10);
    const { logProbs, sights } = seenBehind(reader(), [
      { defense: raLlm, options: { droppedFraction: 0.3 } },
    ]);
    expect(sights).toEqual(['eot']);
    const bare = seenBehind(reader(), []);
    const [whole, copy] = [await bare.logProbs(text), await bare.logProbs('a'.repeat(7))];
    expect((await logProbs(text))[0]).toBeCloseTo((whole[0]! + 2 * copy[0]!) / 3, 5);
  });

  test('are those of the distribution that a policy samples from', async () => {
    const expert = scripted({ id: 'e', next: (_, { vocabSize }) => flat(vocabSize, 5, -8) }) as ScoringModel;
    const roles = { ...noRoles, role: () => expert as never };
    const model = scripted({ id: 'm', next: (_, { vocabSize }) => flat(vocabSize, 5, 2) }) as ScoringModel;
    const steered = await seenBehind(model, [{ defense: safeDecoding }], roles).logProbs('wake it');
    const [first, second] = await seenBehind(model, []).logProbs('wake it');
    expect(steered[0]).toBeLessThan(first! - 3);
    expect(steered.every(Number.isFinite)).toBe(true);
    const short = { preset: 'custom', steps: 1, alpha: 3, common: 5 };
    const once = await seenBehind(model, [{ defense: safeDecoding, options: short }], roles).logProbs(
      'wake it',
    );
    expect(once[1]).toBe(second);
  });

  test('weigh each token against another conversation where a policy reads one', async () => {
    const model = scripted({
      id: 'm',
      next(ids, tokenizer) {
        const reckless = tokenizer.decode(ids).includes('reckless');
        return flat(tokenizer.vocabSize, 5, reckless ? 6 : 4);
      },
    }) as ScoringModel;
    const [bare] = await seenBehind(model, []).logProbs('wake it');
    const mild = { alpha: 0, plausible: 0 };
    const [safe] = await seenBehind(model, [{ defense: rose, options: mild }]).logProbs('wake it');
    expect(safe).toBeCloseTo(bare!, 4);
    const strong = { alpha: 0.5, plausible: 0 };
    const [weighed] = await seenBehind(model, [{ defense: rose, options: strong }]).logProbs('wake it');
    expect(weighed).toBeLessThan(safe! - 1);
  });

  test('are those of the model where a defense acts on answers alone', async () => {
    const { logProbs, sights } = seenBehind(reader(), [{ defense: outputGuard }]);
    expect(sights).toEqual(['answers']);
    expect(await logProbs('wake it')).toEqual(await seenBehind(reader(), []).logProbs('wake it'));
  });
});

const flat = (size: number, id: number, value: number) => {
  const logits = new Float32Array(size);
  logits[id] = value;
  return logits;
};

test('the views of defenses that edit the model hold the edit that answers have', async () => {
  const cases = [
    {
      defense: steering,
      artifact: {
        directions: [
          [1, 0],
          [0, 2],
          [3, 3],
        ],
      },
    },
    { defense: dro, artifact: { vectors: [[1, 2]], losses: [] } },
  ];
  for (const { defense, artifact } of cases) {
    const sent: (readonly [readonly ChatMessage[], unknown])[] = [];
    const model = {
      ...scripted({ id: 'm', reply: () => 'fine' }),
      edited: () => ({ dispose: () => undefined }),
      generate: async (messages: readonly ChatMessage[], { edit }: GenerateOptions) => {
        sent.push([messages, edit]);
        return { text: 'fine', finishReason: 'end', tokens: [], events: [] };
      },
    } as never;
    const options = parseOptions(defense.options, {}, defense.id);
    const context = { ...noRoles, artifact };
    await defense.wrap(model, options, context).generate([user('wake it')], { maxNewTokens: 9 });
    const { rewrite, edit } = defense.view!(model, options, context);
    expect(sent).toEqual([[rewrite ? rewrite([user('wake it')], '') : [user('wake it')], edit]]);
  }
});

test('every defense that has a view makes one with its own defaults', () => {
  const ids = defenses.all.filter(({ view }) => view).map(({ id }) => id);
  expect(ids).toEqual(expect.arrayContaining(['goal-priority', 'icd', 'self-reminder']));
});
