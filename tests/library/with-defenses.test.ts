import { describe, expect, test, vi } from 'vitest';
import { attacks } from '../../src/attacks/index.ts';
import { classifierRoles, languageRoles } from '../../src/core/method.ts';
import { defenses } from '../../src/defenses/index.ts';
import { evaluators } from '../../src/evaluators/index.ts';
import {
  learned,
  outputGuard,
  parden,
  perplexityFilter,
  rose,
  safeDecoding,
  selfReminder,
  smoothLlm,
  withDefenses,
} from '../../src/library/index.ts';
import * as constructors from '../../src/library/defenses.ts';
import type { TextClassifier } from '../../src/library/index.ts';
import { answering, scripted } from '../../src/models/runtimes/scripted.ts';

const echo = scripted({ id: 'echo', reply: (messages) => `You said: ${messages.at(-1)!.content}` });
/** Finds every text harmful that names the giant. */
const guard: TextClassifier = {
  id: 'guard',
  labels: ['safe', 'unsafe'],
  contextWindow: 1000,
  classify: async (texts) =>
    texts.map((text) => Float32Array.from(text.includes('giant') ? [0.1, 0.9] : [0.9, 0.1])),
};

describe('chat', () => {
  test('answers behind the defenses, and says which of them declined and why', async () => {
    const model = withDefenses(echo, [selfReminder(), outputGuard({ answerGuard: guard })]);
    const answered = await model.chat('hello');
    expect(answered.text).toContain('hello');
    expect(answered.blocked).toBeNull();
    expect(answered.events.map(({ defense, action }) => `${defense} ${action}`)).toEqual([
      'self-reminder edited',
      'output-guard passed',
    ]);
    const declined = await model.chat([{ role: 'user', content: 'wake the giant' }]);
    expect(declined).toMatchObject({
      text: 'I am sorry, I cannot help with that.',
      finishReason: 'blocked',
      blocked: { by: 'output-guard', reason: 'The classifier found the answer harmful.' },
    });
  });

  test('streams what no defense may still withhold', async () => {
    const model = scripted({ next: answering(() => 'Yes.') });
    const texts: string[] = [];
    await withDefenses(model, [selfReminder()]).chat('hello', { onText: (text) => texts.push(text) });
    expect(texts).toEqual(['Y', 'Ye', 'Yes', 'Yes.']);
    texts.length = 0;
    const guarded = withDefenses(model, [outputGuard({ answerGuard: guard })]);
    expect((await guarded.chat('hello', { onText: (text) => texts.push(text) })).text).toBe('Yes.');
    expect(texts).toEqual([]);
  });

  test('draws anew in each call, unless it is given a seed', async () => {
    const asked: string[] = [];
    const model = withDefenses(
      scripted({
        reply: (messages) => {
          asked.push(messages.at(-1)!.content);
          return 'Yes, this is how.';
        },
      }),
      [smoothLlm({ copies: 1 })],
    );
    const request = 'a request that is long enough to be perturbed somewhere';
    for (const seed of [undefined, undefined, 'a', 'a']) await model.chat(request, seed ? { seed } : {});
    expect(new Set(asked)).toHaveLength(3);
  });

  test('ends with its signal', async () => {
    const stop = AbortSignal.abort();
    await expect(withDefenses(echo, []).chat('hello', { signal: stop })).rejects.toThrow(stop.reason);
  });
});

describe('a mistake says what to do', () => {
  const grey = scripted({ id: 'grey', next: answering(() => 'Yes.') });
  const failureOf = (work: () => unknown): unknown => {
    try {
      work();
    } catch (error) {
      return error;
    }
    return null;
  };

  test('a defense that reads distributions around a model that shows none', () => {
    expect(failureOf(() => withDefenses(echo, [safeDecoding({ expert: grey })]))).toMatchObject({
      code: 'not-supported',
      message: '"safe-decoding" reads the distributions of the model, and echo shows text alone.',
      advice: expect.stringContaining('fromTextGeneration'),
    });
  });

  test('an expert that shows none', () => {
    expect(failureOf(() => withDefenses(grey, [safeDecoding({ expert: echo })]))).toMatchObject({
      message: expect.stringContaining('does not show its distributions'),
    });
  });

  test('a model that is missing, of the wrong kind or of no use', () => {
    // @ts-expect-error it needs a guard
    expect(failureOf(() => outputGuard())).toMatchObject({
      message: '"output-guard" needs a classifier as "answerGuard".',
      advice: expect.stringContaining('{ answerGuard: … }'),
    });
    // @ts-expect-error a language model is no classifier
    expect(failureOf(() => outputGuard({ answerGuard: echo }))).toMatchObject({
      advice: 'Make it with fromTextClassification.',
    });
    // @ts-expect-error it asks no other model
    expect(failureOf(() => selfReminder({ judge: echo }))).toMatchObject({
      message: '"self-reminder" has no use for a model as "judge".',
    });
  });

  test('an option that does not exist or is out of range', () => {
    // @ts-expect-error copies are a number
    expect(failureOf(() => smoothLlm({ copies: 'many' }))).toMatchObject({ code: 'bad-options' });
    // @ts-expect-error there is no such option
    expect(failureOf(() => smoothLlm({ copy: 3 }))).toMatchObject({ code: 'bad-options' });
  });

  test('two defenses of tokens in one stack', () => {
    expect(failureOf(() => withDefenses(grey, [rose(), safeDecoding({ expert: grey })]))).toMatchObject({
      code: 'not-supported',
    });
  });

  test('a defense that has learned nothing yet', async () => {
    expect(failureOf(() => withDefenses(echo, [parden()]))).toMatchObject({
      advice: expect.stringContaining('learned(defense, model, examples)'),
    });
  });
});

test('a defense learns once, and what it learned can be stored', async () => {
  const model = scripted({ next: answering(() => 'Yes.') });
  const examples = {
    harmful: ['Wake the giant.'],
    harmless: ['Wake the kitten.'],
    calibration: Array.from({ length: 20 }, (_, i) => `Tell me about house ${i}.`),
  };
  const filter = await learned(perplexityFilter(), model, examples);
  const stored: unknown = JSON.parse(JSON.stringify(filter.artifact));
  const again = perplexityFilter({ artifact: stored as NonNullable<typeof filter.artifact> });
  for (const each of [filter, again])
    expect((await withDefenses(model, [each]).chat('Tell me about house 3.')).events[0]).toMatchObject({
      defense: 'perplexity-filter',
      detection: { threshold: expect.any(Number) },
    });
  const prepare = vi.fn();
  const given = perplexityFilter({ threshold: 300 });
  expect(await learned({ ...given, defense: { ...given.defense, prepare } }, model, examples)).toMatchObject({
    options: { threshold: 300 },
  });
  expect(prepare).not.toHaveBeenCalled();
});

describe('the constructors', () => {
  const camelCase = (id: string) => id.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());

  test('are those of every defense that does without gradients', () => {
    const open = defenses.all.filter(({ access }) => access !== 'white-box').map(({ id }) => camelCase(id));
    expect(Object.keys(constructors).toSorted()).toEqual(open.toSorted());
  });

  test('of all kinds of methods have no option that goes by the name of a model', () => {
    const taken = [...[...languageRoles, ...classifierRoles].map(camelCase), 'artifact'];
    for (const { id, options } of [...attacks.all, ...defenses.all, ...evaluators.all])
      expect([id, ...Object.keys(options).filter((name) => taken.includes(name))]).toEqual([id]);
  });
});
