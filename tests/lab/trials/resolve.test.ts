import { describe, expect, test } from 'vitest';
import { defineAttack } from '../../../src/attacks/attack.ts';
import { failure } from '../../../src/core/errors.ts';
import { registry, rolesNeeded } from '../../../src/core/method.ts';
import { boolean, choice } from '../../../src/core/options.ts';
import { parsePlan } from '../../../src/lab/plan/plan.ts';
import { chooseMethod } from '../../../src/lab/trials/choices.ts';
import { expanded, plan, walk } from '../run/harness.ts';

function refusal(changes: object) {
  try {
    expanded({ ...plan, ...changes });
  } catch (error) {
    return failure(error);
  }
  throw new Error('The plan was accepted.');
}

describe('a bad plan is refused before anything runs, with the path and what to do', () => {
  test.each([
    ['an unknown field', { surprise: 1 }, 'bad-plan', 'surprise', /schema/],
    ['no evaluators', { evaluators: [] }, 'bad-plan', 'evaluators', /schema/],
    [
      'an unknown attack',
      { attacks: [{ id: 'direct-request' }, { id: 'magic' }] },
      'unknown-method',
      'attacks.1: There is no attack "magic"',
      /Known: assistant-prefix/,
    ],
    [
      'an unknown defense',
      { defenses: [{ stack: [{ id: 'self-reminder' }, { id: 'wall' }] }] },
      'unknown-method',
      'defenses.0.stack.1',
      /self-reminder/,
    ],
    ['an unknown evaluator', { evaluators: [{ id: 'oracle' }] }, 'unknown-method', 'evaluators.0', /Known/],
    [
      'an ensemble without an evaluator of harm',
      { evaluators: [{ id: 'ensemble' }] },
      'bad-plan',
      'evaluators',
      /measure harm/,
    ],
    [
      'an unknown set',
      { behaviors: [{ set: 'advbench' }] },
      'bad-plan',
      'The behavior set "advbench" is not here.',
      /toys/,
    ],
    [
      'an option out of range',
      { attacks: [{ id: 'walk', options: { steps: 0 } }] },
      'bad-options',
      'attacks.0: Options of "walk" are not valid. steps:',
      /steps/,
    ],
    [
      'an unknown option',
      { attacks: [{ id: 'walk', options: { stepz: 1 } }] },
      'bad-options',
      'stepz',
      /Known options: steps/,
    ],
    [
      'a true step without words',
      {
        behaviors: [
          {
            behaviors: [
              { id: 'a', prompt: 'A?', set: 's', kind: 'harmful', reference: { steps: ['Go.', '!!!'] } },
            ],
          },
        ],
      },
      'bad-plan',
      'behaviors.0: Step 2 of "a" holds no words to look for: "!!!"',
      /in words/,
    ],
    [
      'a missing role',
      { models: { targets: ['toy'] } },
      'bad-plan',
      'defenses.1.stack.0: "safe-decoding" needs a model in the role expert',
      /models\.roles\.expert/,
    ],
    ['an unknown model', { models: { targets: ['gpt'] } }, 'unknown-model', 'models.targets.0', /org\/name/],
    [
      'an unknown model in a role',
      { models: { targets: ['toy'], roles: { expert: 'toy', judge: 'gpt' } } },
      'unknown-model',
      'models.roles.judge',
      /Known/,
    ],
    [
      'a method that needs more access than the model offers',
      { models: { targets: ['toy', 'closed'], roles: { expert: 'toy' } } },
      'not-supported',
      'defenses.1.stack.0: "safe-decoding" needs grey-box access; closed offers black-box',
      /pick a model/,
    ],
    ['a method twice', { attacks: [{ id: 'walk' }, { id: 'walk' }] }, 'bad-plan', 'attacks', /once/],
    [
      'two stacks of one name',
      { defenses: [{ stack: [{ id: 'self-reminder' }] }, { stack: [{ id: 'self-reminder' }] }] },
      'bad-plan',
      'defenses: "self-reminder"',
      /name/,
    ],
    [
      'a stack that calls itself undefended',
      { defenses: [{ name: 'none', stack: [{ id: 'self-reminder' }] }] },
      'bad-plan',
      'defenses: "none"',
      /name/,
    ],
    [
      'a behavior twice',
      { behaviors: [{ set: 'toys' }, { set: 'toys', limit: 1 }] },
      'bad-plan',
      '"a"',
      /once/,
    ],
  ])('%s', (_, changes, code, path, advice) => {
    const refused = refusal(changes);
    expect(refused).toMatchObject({ status: 'failed', code, advice: expect.stringMatching(advice) });
    expect(refused).toMatchObject({ message: expect.stringContaining(path) });
  });

  test('all that is wrong is named at once', () => {
    const refused = refusal({ attacks: [{ id: 'magic' }], evaluators: [{ id: 'oracle' }] });
    expect(refused).toMatchObject({ message: expect.stringMatching(/attacks\.0: .*evaluators\.0: /) });
  });
});

test('a rate of false positives holds for every detector whose options give no other', () => {
  const stack = [{ id: 'self-reminder' }, { id: 'parden' }];
  const own = [{ id: 'perplexity-filter', options: { falsePositives: 0.2 } }];
  const contrast = { harmful: ['wake'], harmless: ['feed'] };
  const defenses = [{ stack }, { stack: own }];
  const { resolved } = expanded({ ...plan, contrast, falsePositives: 0.1, defenses });
  const rates = resolved.stacks.flatMap(({ defenses }) =>
    defenses.map(({ options }) => options['falsePositives']),
  );
  expect(rates).toEqual([undefined, 0.1, 0.2]);
});

test('a guard is calibrated at that rate, unless its options give a threshold, also the usual one', () => {
  const roles = { 'prompt-guard': 'guard' };
  const models = { targets: ['toy'], roles };
  const contrast = { harmful: ['wake'], harmless: ['feed'] };
  const defenses = [
    { stack: [{ id: 'prompt-guard' }] },
    { name: 'by hand', stack: [{ id: 'prompt-guard', options: { threshold: 0.5 } }] },
  ];
  const { resolved } = expanded({ ...plan, models, contrast, falsePositives: 0.1, defenses });
  const thresholds = resolved.stacks.flatMap(({ defenses: ready }) =>
    ready.map(({ options }) => options['threshold']),
  );
  expect(thresholds).toEqual([0, 0.5]);
});

test('a limit takes that many of each kind, in the order of the set', () => {
  const { resolved } = expanded({ ...plan, behaviors: [{ set: 'toys', limit: 2 }] });
  expect(resolved.behaviors.map(({ id }) => id)).toEqual(['a', 'b', 'kitten', 'bread']);
});

describe('roles that an option calls for', () => {
  const picky = defineAttack({
    ...walk,
    id: 'picky',
    needs: ['attacker'],
    needsWhen: { oracle: { judge: ['judge'] }, probe: { true: ['scorer'] } },
    options: {
      oracle: choice({ description: 'Who decides.', choices: ['refusal', 'judge'], default: 'judge' }),
      probe: boolean({ description: 'Whether to probe.', default: false }),
    },
  });
  test('follow its value, or its default', () => {
    expect(rolesNeeded(picky)).toEqual(['attacker', 'judge']);
    expect(rolesNeeded(picky, { oracle: 'refusal', probe: true })).toEqual(['attacker', 'scorer']);
  });
  test('are asked for when the option is set so', () => {
    const known = registry('attack', [picky]);
    const pick = (options: Record<string, unknown>) => () =>
      chooseMethod(known, { id: 'picky', options }, ['attacker']);
    expect(pick({ oracle: 'refusal' })).not.toThrow();
    expect(pick({})).toThrow(/judge/);
    expect(pick({ oracle: 'refusal', probe: true })).toThrow(/scorer/);
  });
});

test('a shard tests a part, and knows and learns what the whole plan does', () => {
  const whole = expanded().resolved;
  const shards = [1, 2, 3].map((index) => expanded({ ...plan, shard: { index, count: 3 } }).resolved);
  const ids = shards.flatMap(({ behaviors }) => behaviors.map(({ id }) => id));
  expect(ids.toSorted()).toEqual(whole.behaviors.map(({ id }) => id).toSorted());
  for (const { settings, contrast } of shards) {
    expect(settings.trainingBehaviors).toEqual(whole.settings.trainingBehaviors);
    expect(contrast).toEqual(whole.contrast);
  }
  expect(refusal({ shard: { index: 3, count: 2 } })).toMatchObject({ code: 'bad-plan' });
});

test('a plan can have its seed draw the behaviors, the same for the same seed and in the order of the set', () => {
  const drawnBy = (seed: number) => {
    const { resolved } = expanded({ ...plan, seed, behaviors: [{ set: 'toys', limit: 2, drawn: true }] });
    return resolved.behaviors.map(({ id }) => id);
  };
  const draws = Array.from({ length: 20 }, (_, seed) => drawnBy(seed));
  expect(draws.map((_, seed) => drawnBy(seed))).toEqual(draws);
  for (const ids of draws) {
    expect(ids.slice(2)).toEqual(['kitten', 'bread']);
    expect(ids.slice(0, 2).toSorted()).toEqual(ids.slice(0, 2));
  }
  expect(new Set(draws.map(([first]) => first)).size).toBeGreaterThan(2);
});

describe('attacks in a row', () => {
  test('stand in a plan as one attack, with options of their own, and survive being written and read again', () => {
    const once = parsePlan({
      ...plan,
      attacks: [{ attack: [{ id: 'walk', options: { steps: 2 } }, { id: 'walk' }] }],
    });
    expect(parsePlan(JSON.parse(JSON.stringify(once)))).toEqual(once);
    const { resolved, chunks } = expanded(once);
    expect(resolved.attacks.map(({ method }) => method.id)).toEqual(['walk+walk']);
    expect(chunks.flatMap(({ trials }) => trials.map(({ key }) => key.attack))).toContain('walk+walk');
  });
  test('may be named by their ids alone', () => {
    const { resolved } = expanded({ ...plan, attacks: [{ id: 'walk+direct-request' }] });
    expect(resolved.attacks[0]!.method).toMatchObject({ id: 'walk+direct-request', options: {} });
  });
  test.each([
    ['an unknown one', { attack: [{ id: 'walk' }, { id: 'magic' }] }, 'There is no attack "magic"'],
    [
      'a bad option of one',
      { attack: [{ id: 'walk', options: { steps: 0 } }, { id: 'walk' }] },
      'attacks.0: Options of "walk" are not valid',
    ],
    ['options of the whole', { id: 'walk+walk', options: { steps: 1 } }, 'no chain of attacks'],
    ['only one', { attack: [{ id: 'walk' }] }, 'attacks.0'],
  ])('are refused with %s', (_, attack, message) => {
    expect(refusal({ attacks: [attack] })).toMatchObject({
      message: expect.stringContaining(message) as string,
    });
  });
});
