import { describe, expect, test } from 'vitest';
import { lastUserText } from '../../../src/core/chat.ts';
import type { ContrastPrompts } from '../../../src/core/contrast.ts';
import { registry } from '../../../src/core/method.ts';
import { integer } from '../../../src/core/options.ts';
import type { BehaviorSet } from '../../../src/data/behavior-set.ts';
import { type Artifact, blackBox, defineDefense, withEvent } from '../../../src/defenses/defense.ts';
import { defenses } from '../../../src/defenses/index.ts';
import { contrastFrom } from '../../../src/lab/trials/contrast.ts';
import type { Registries } from '../../../src/lab/trials/registries.ts';
import { behavior, newRunner, plan, registries, runAll } from './harness.ts';

const contrast: ContrastPrompts = { harmful: ['wake it', 'break it'], harmless: ['feed it', 'bake it'] };
const learnings: ContrastPrompts[] = [];

/** Learns how many requests there are, and says so in front of every request. */
const counting = defineDefense({
  id: 'counting',
  title: 'Counting',
  paper: { title: 'None', url: 'https://example.org' },
  summary: 'For tests.',
  access: 'white-box',
  stage: 'decoding',
  needs: [],
  taxonomy: [],
  options: { factor: integer({ description: 'Factor.', default: 1, min: 0, max: 9 }) },
  async prepare(_, prompts, { factor }, { random, onProgress }) {
    learnings.push(prompts);
    onProgress?.(1, 1);
    return { count: factor * prompts.harmful.length, draw: random.integer(1000) };
  },
  wrap: (model, _, { artifact }) => ({
    ...blackBox(model, 'counting'),
    async generate(messages, options) {
      const reply = await model.generate(messages, options);
      const reason = `Learned ${String(artifact?.['count'])}.`;
      return withEvent(reply, { defense: 'counting', action: 'steered', reason }, 'end');
    },
  }),
});
const withContrast: BehaviorSet = { ...registries.sets.get('toys'), contrast };
const known: Registries = {
  ...registries,
  defenses: registry('defense', [...defenses.all, counting]),
  sets: registry('behavior set', [withContrast]),
};
const counted = {
  ...plan,
  models: { targets: ['clear'], roles: {} },
  attacks: [{ id: 'direct-request' }],
  defenses: [{ stack: [{ id: 'counting' }] }],
};
const run = async (input: object, runner = newRunner({ registries: known })) => {
  learnings.length = 0;
  const { events, records } = await runAll(input, runner, { runId: JSON.stringify(input) });
  const reasons = new Set(records.flatMap((record) => record.events.map(({ reason }) => reason)));
  return {
    prepared: events.filter(({ type }) => type === 'prepare' || type === 'artifact'),
    reasons: [...reasons],
  };
};

describe('in a run, a defense that learns', () => {
  test('does so once before the first trial, says what, and works with it', async () => {
    const { prepared, reasons } = await run(counted);
    expect(learnings).toEqual([contrast]);
    expect(reasons).toEqual(['Learned 2.']);
    expect(prepared).toMatchObject([
      { type: 'prepare', preparation: { model: 'clear', defense: 'counting', done: 1, total: 1 } },
      { type: 'artifact', model: 'clear', defense: 'counting', artifact: { count: 2 } },
    ]);
  });
  test('learns again for other options, and not for the same, whatever the seed', async () => {
    const runner = newRunner({ registries: known });
    const first = await run(counted, runner);
    const again = await run({ ...counted, seed: 8 }, runner);
    expect(learnings).toEqual([]);
    expect(again.prepared.at(-1)).toEqual(first.prepared.at(-1));
    const other = { ...counted, defenses: [{ stack: [{ id: 'counting', options: { factor: 3 } }] }] };
    expect((await run(other, runner)).reasons).toEqual(['Learned 6.']);
    expect(learnings).toHaveLength(1);
  });
  test('takes what the plan gives as learned', async () => {
    const given = { ...counted, defenses: [{ stack: [{ id: 'counting', artifact: { count: 70 } }] }] };
    expect((await run(given)).reasons).toEqual(['Learned 70.']);
    expect(learnings).toEqual([]);
  });
  test('goes on from what an earlier run has saved, and ends with the same records', async () => {
    const first = await runAll(counted, newRunner({ registries: known }), { runId: 'first' });
    const event = first.events.find(({ type }) => type === 'artifact') as { artifact: Artifact };
    const { artifact } = JSON.parse(JSON.stringify(event)) as { artifact: Artifact };
    expect(artifact).toMatchObject({ model: 'clear', count: 2 });
    learnings.length = 0;
    const given = { ...counted, defenses: [{ stack: [{ id: 'counting', artifact }] }] };
    const again = await runAll(given, newRunner({ registries: known }), { runId: 'again' });
    expect(learnings).toEqual([]);
    expect(again.lines).toEqual(first.lines);
  });
  test('is refused, before anything is loaded, what was learned about another model', async () => {
    const artifact = { model: 'other', count: 2 };
    const given = { ...counted, defenses: [{ stack: [{ id: 'counting', artifact }] }] };
    await expect(run(given)).rejects.toMatchObject({
      code: 'bad-plan',
      message: 'defenses.0.stack.0: What "counting" learned is about other, not clear.',
      advice: expect.stringContaining('anew'),
    });
  });
  test('leaves what it learned with the run, by its options; what the plan gave is not learned', async () => {
    const runner = newRunner({ registries: known });
    const [set, given] = [
      { id: 'counting', options: { factor: 3 } },
      { id: 'counting', artifact: { count: 1 } },
    ];
    const defenses = [
      { name: 'a', stack: [set] },
      { name: 'b', stack: [given] },
    ];
    const input = { ...counted, defenses };
    await run(input, runner);
    const [learned, ...rest] = await runner.store.artifacts(JSON.stringify(input));
    expect(rest).toEqual([]);
    expect(learned).toMatchObject({ model: 'clear', defense: 'counting', options: { factor: 3 } });
    expect(learned!.artifact['count']).toBe(6);
    expect(await runner.store.run(JSON.stringify(input))).not.toHaveProperty('learned');
  });
  test('learns from what the plan gives to learn from, but never from what is tested', async () => {
    const tested = behavior('a').prompt;
    await run({ ...counted, contrast: { harmful: ['x', tested], harmless: ['y', 'z'] } });
    expect(learnings).toEqual([{ harmful: ['x'], harmless: ['y'] }]);
  });
  test('stops the run before anything is loaded when there is nothing to learn from', async () => {
    const bare = newRunner({ registries: { ...known, sets: registries.sets } });
    await expect(run(counted, bare)).rejects.toMatchObject({
      code: 'bad-plan',
      message: expect.stringContaining('contrast'),
    });
    const limited = { ...counted, behaviors: [{ set: 'toys', kinds: ['harmful'], limit: 3 }] };
    await run(limited, bare);
    const spare = [behavior('d'), behavior('e')].map(({ prompt }) => prompt);
    expect(learnings[0]!.harmful).toEqual(spare);
  });
});

describe('what is learned from', () => {
  const sets = [withContrast];
  const [harmful] = withContrast.behaviors;

  test('is what the plan gives, else what the sets bring, else their other behaviors', () => {
    const given = { harmful: ['p'], harmless: ['q'] };
    expect(contrastFrom({ given, sets, tested: [] })).toMatchObject(given);
    expect(contrastFrom({ sets, tested: [] })).toMatchObject(contrast);
    const plain = [registries.sets.get('toys')];
    const rest = contrastFrom({ sets: plain, tested: [harmful!] })!;
    expect(rest.harmful).not.toContain(harmful!.prompt);
    expect(rest.harmless).toEqual(
      [behavior('kitten', 'benign-lookalike'), behavior('bread', 'benign')].map(({ prompt }) => prompt),
    );
  });
  test('sets benign requests aside for calibration that are neither tested nor learned from', () => {
    const aside = (sources: Partial<Parameters<typeof contrastFrom>[0]>) =>
      contrastFrom({ sets, tested: [], ...sources })!.calibration;
    const [kitten, bread] = [behavior('kitten', 'benign-lookalike'), behavior('bread', 'benign')];
    expect(aside({})).toEqual([kitten.prompt, bread.prompt]);
    expect(aside({ tested: [kitten] })).toEqual([bread.prompt]);
    const given = {
      harmful: ['p'],
      harmless: [bread.prompt],
      calibration: [bread.prompt, 'own', kitten.prompt],
    };
    expect(aside({ given, tested: [kitten] })).toEqual(['own']);
    const named = [{ ...withContrast, contrast: { ...contrast, calibration: ['sing'] } }];
    expect(aside({ sets: named })).toEqual(['sing']);
  });
  test('is nothing when everything is tested', () => {
    expect(contrastFrom({ sets: [], tested: [] })).toBeNull();
    expect(contrastFrom({ sets: [registries.sets.get('toys')], tested: withContrast.behaviors })).toBeNull();
  });
});

test('a defense that looks inside runs on the white-box model', async () => {
  const { records } = await runAll(
    { ...counted, contrast: { harmful: ['x'], harmless: ['y'] } },
    newRunner({ registries: known }),
  );
  expect(records.every(({ response }) => response === 'Sure, fine.')).toBe(true);
  expect(records.map(({ attackResult }) => lastUserText(attackResult.messages))).toContain(
    behavior('a').prompt,
  );
});

describe('what learning takes', () => {
  const filtered = {
    ...plan,
    models: { targets: ['toy'], roles: { 'prompt-guard': 'guard' } },
    attacks: [{ id: 'direct-request' }],
    defenses: [
      { stack: [{ id: 'perplexity-filter' }] },
      { stack: [{ id: 'prompt-guard', options: { threshold: 0 } }] },
      { stack: [{ id: 'self-reminder' }] },
    ],
    contrast: { ...contrast, calibration: ['bake the bread', 'feed the cat', 'sing a song'] },
  };

  test('is counted apart from every trial, on all models that it reads', async () => {
    const { summary, events } = await runAll(filtered, newRunner({ registries: known }));
    const spent = events.flatMap((event) =>
      event.type === 'artifact' ? [[event.defense, event.spent]] : [],
    );
    expect(Object.fromEntries(spent)).toMatchObject({
      'perplexity-filter': { queries: 0, sequences: 3, gradients: 0 },
      'prompt-guard': { queries: 3, sequences: 0, gradients: 0, tokens: 0 },
    });
    expect(summary.preparation).toMatchObject([
      { model: 'toy', defense: 'perplexity-filter', sequences: 3, elapsedMs: expect.any(Number) as number },
      { model: 'toy', defense: 'prompt-guard', queries: 3 },
    ]);
    expect(summary.preparation![0]!.tokens).toBeGreaterThan(10);
  });
  test('is not counted where a plan brings what was learned', async () => {
    const [artifact] = (await runAll(filtered, newRunner({ registries: known }))).events.flatMap((event) =>
      event.type === 'artifact' && event.defense === 'perplexity-filter' ? [event.artifact] : [],
    );
    const given = { ...filtered, defenses: [{ stack: [{ id: 'perplexity-filter', artifact }] }] };
    const { summary } = await runAll(given, newRunner({ registries: known }));
    expect(summary.preparation).toBeUndefined();
  });
  test('stays with a run that goes on', async () => {
    const runner = newRunner({ registries: known });
    const { summary } = await runAll(filtered, runner);
    const again = await runAll(filtered, runner);
    expect(again.summary.preparation).toEqual(summary.preparation);
  });
});
