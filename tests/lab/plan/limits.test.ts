import { describe, expect, test } from 'vitest';
import { LabError } from '../../../src/core/errors.ts';
import { parsePlan } from '../../../src/lab/plan/plan.ts';
import { parseTemplatePack } from '../../../src/lab/plan/template-pack.ts';
import { registries } from '../../../src/lab/trials/registries.ts';
import { expandPlan } from '../../../src/lab/trials/trials.ts';

const behaviors = (count: number, change: object = {}) => [
  {
    behaviors: Array.from({ length: count }, (_, i) => ({
      id: `b${i}`,
      prompt: `Wake the mill ${i}.`,
      set: 'own',
      kind: 'harmful',
      ...change,
    })),
  },
];
const plan = (change: object = {}) => ({
  version: 1,
  name: 'Limits',
  models: { targets: ['tinytown-chat'] },
  behaviors: behaviors(2),
  attacks: [{ id: 'direct-request' }],
  evaluators: [{ id: 'pattern-refusal' }],
  ...change,
});

function refusalOf(work: () => unknown): LabError {
  try {
    work();
  } catch (error) {
    if (error instanceof LabError) return error;
    throw error;
  }
  throw new Error('It was accepted.');
}

describe('a plan', () => {
  test('of 100,000 behaviors is expanded in linear time', () => {
    const input = plan({ behaviors: behaviors(100_000) });
    const start = performance.now();
    expect(expandPlan(input, registries).total).toBe(100_000);
    expect(performance.now() - start).toBeLessThan(8000); // half a second on a machine with nothing else to do
  }, 20_000);

  test('of more trials than fit in memory is refused with their number, before they are listed', () => {
    const defenses = Array.from({ length: 500 }, (_, i) => ({
      name: `d${i}`,
      stack: [{ id: 'self-reminder' }],
    }));
    const { code, message } = refusalOf(() =>
      expandPlan(plan({ behaviors: behaviors(10_000), defenses }), registries),
    );
    expect(code).toBe('bad-plan');
    expect(message).toBe('The plan has 5,010,000 trials; the limit is 1,000,000.');
  });

  test.each(['a\u0000b', 'a\nb', '\u001b[2J', 'a\ud800', 'x'.repeat(301)])(
    'cannot have the id %j, which no record or address can hold',
    (id) => {
      const change = [
        { behaviors: behaviors(1, { id }) },
        { name: id },
        { models: { targets: [id] } },
        { defenses: [{ name: id, stack: [{ id: 'self-reminder' }] }] },
      ];
      for (const input of change) expect(refusalOf(() => parsePlan(plan(input))).code).toBe('bad-plan');
    },
  );

  test('may have ids in any script', () => {
    const id = '橋を壊す 👩‍🚀 كسر';
    expect(parsePlan(plan({ name: id, behaviors: behaviors(1, { id }) })).name).toBe(id);
  });

  test('with a thousand mistakes gives a message that can be read', () => {
    const { message } = refusalOf(() => parsePlan(plan({ behaviors: behaviors(1000, { id: 7 }) })));
    expect(message).toMatch(/behaviors\.0\.behaviors\.0\.id: /);
    expect(message).toMatch(/more/);
    expect(message.length).toBeLessThan(1300);
  });

  test('nested a hundred thousand levels deep is refused', () => {
    const deep = JSON.parse('['.repeat(100_000) + ']'.repeat(100_000)) as unknown;
    const attacks = [{ id: 'direct-request', options: { deep } }];
    expect(refusalOf(() => parsePlan(plan({ attacks }))).message).toMatch(/attacks\.0\.options.*32 levels/);
  });

  test('that attacks without a harmful behavior is refused, naming the attack', () => {
    const benign = behaviors(2, { kind: 'benign' });
    const attacks = [{ id: 'direct-request' }, { id: 'assistant-prefix' }];
    const { message } = refusalOf(() => expandPlan(plan({ behaviors: benign, attacks }), registries));
    expect(message).toBe('attacks.1: "assistant-prefix" has nothing to attack: no behavior is harmful.');
    expect(expandPlan(plan({ behaviors: benign }), registries).total).toBe(2);
  });
});

test('a template pack with a thousand mistakes gives a message that can be read', () => {
  const templates = Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`a${i}`, { x: ['y'] }]));
  const { message } = refusalOf(() =>
    parseTemplatePack({ version: 1, name: 'p', templates }, registries.attacks.all),
  );
  expect(message).toMatch(/and 980 more/);
  expect(message.length).toBeLessThan(1300);
});
