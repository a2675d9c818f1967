import { describe, expect, test } from 'vitest';
import { conversation, defineAttack } from '../../../src/attacks/attack.ts';
import { attacks } from '../../../src/attacks/index.ts';
import { registry } from '../../../src/core/method.ts';
import { fillSlots } from '../../../src/core/slots.ts';
import { templateOf, templatePacks } from '../../../src/core/templates.ts';
import { attackBehavior } from '../../../src/lab/run/attempt.ts';
import { catalogueOf } from '../../../src/lab/trials/registries.ts';
import { parseTemplatePack } from '../../../src/lab/plan/template-pack.ts';
import { behavior, newRunner, plan, registries as toys, runAll, walk } from '../run/harness.ts';

/** Says its text and nothing else. */
const saying = defineAttack({
  ...walk,
  id: 'saying',
  options: {},
  templates: templatePacks(
    { text: ['Please: {goal}', '{goal}, {name}'], head: ['In {place}'] },
    { text: ['Would you please do this: {goal}', '{goal}, dear {name}'], head: ['In {place}'] },
  ),
  // eslint-disable-next-line require-yield
  async *run(asked, _model, _options, { templates }) {
    const said = fillSlots(templateOf(templates, 'text'), { goal: asked.prompt, name: 'Pim' });
    return { messages: conversation(asked, `${templateOf(templates, 'head')}. ${said}`), steps: 0 };
  },
});
const registries = { ...toys, attacks: registry('attack', [...toys.attacks.all, saying]) };
const pack = (templates: Record<string, Record<string, string[]>>) => ({
  version: 1,
  name: 'mine',
  templates,
});
const parse = (input: unknown) => parseTemplatePack(input, registries.attacks.all);

describe('a template pack', () => {
  test.each([
    ['no version', { name: 'mine', templates: {} }, 'version'],
    ['an unknown field', { ...pack({}), attack: 1 }, 'attack'],
    ['no texts', pack({ saying: { text: [] } }), 'templates.saying.text'],
    ['an unknown attack', pack({ magic: { text: ['x'] } }), 'magic: there is no such attack'],
    [
      'an unknown name',
      pack({ saying: { txt: ['x'] } }),
      'saying.txt: there is no such template; known: text, head',
    ],
    ['an attack without templates', pack({ walk: { text: ['x'] } }), 'known: none'],
    ['a lost slot', pack({ saying: { text: ['{goal}', 'Hello {name}'] } }), 'saying.text.1: it lacks {goal}'],
  ])('with %s is refused', (_, input, reason) => {
    expect(() => parse(input)).toThrow(
      expect.objectContaining({ code: 'bad-input', message: expect.stringContaining(reason) }),
    );
  });
  test('names everything that is wrong at once', () => {
    expect(() => parse(pack({ magic: {}, saying: { txt: ['x'], text: ['y'] } }))).toThrow(
      /magic.*saying\.txt.*saying\.text\.0/,
    );
  });
  test('may drop a slot that some of the shipped texts lack, and may add braces of its own', () => {
    const input = pack({ saying: { text: ['{"do": "{goal}"} {whatever}'] } });
    expect(parse(input)).toEqual(input);
  });
  test('is checked against cards as against methods', () => {
    const cards = catalogueOf(registries).attacks;
    expect(() => parseTemplatePack(pack({ saying: { text: ['y'] } }), cards)).toThrow('it lacks {goal}');
  });
  test('fits every attack that ships, with the texts that ship', () => {
    const shipped = Object.fromEntries(
      attacks.all.flatMap(({ id, templates }) => (templates ? [[id, templates.full]] : [])),
    );
    expect(() =>
      parseTemplatePack({ version: 1, name: 'all', templates: shipped }, attacks.all),
    ).not.toThrow();
  });
});

describe('a plan that names a shipped pack', () => {
  const sent = async (texts?: 'compact' | 'full') => {
    const input = {
      ...plan,
      attacks: [{ id: 'saying' }],
      defenses: [],
      behaviors: [{ set: 'toys', kinds: ['harmful'] as const, limit: 1 }],
      ...(texts && { texts }),
    };
    const { records, lines } = await runAll(input, newRunner({ registries }));
    expect(JSON.parse(lines[0]!)).toMatchObject({ texts: { ...records[0]!.texts, language: 'en' } });
    return [records[0]!.texts!.pack, records[0]!.attackResult.messages[0]!.content];
  };
  test('sends the texts of that pack, and the records say which', async () => {
    expect(await sent('compact')).toEqual(['compact', 'In {place}. Please: do the forbidden a']);
    expect(await sent('full')).toEqual(['full', 'In {place}. Would you please do this: do the forbidden a']);
  });
  test('sends the full texts where they fit and it names none', async () => {
    expect((await sent())[0]).toBe('full');
  });
});

describe('a plan with a pack', () => {
  const input = {
    ...plan,
    attacks: [{ id: 'walk' }, { id: 'saying' }],
    defenses: [],
    behaviors: [{ set: 'toys', kinds: ['harmful'] as const, limit: 2 }],
    templates: pack({ saying: { text: ['Do {goal}!'] } }),
  };
  const runner = newRunner({ registries });

  test('sends its texts, and the shipped ones where it has none; the records name it', async () => {
    const { records, lines } = await runAll(input, runner);
    const said = records.filter(({ attack }) => attack === 'saying');
    expect(said.map(({ attackResult }) => attackResult.messages[0]!.content)).toEqual([
      'In {place}. Do do the forbidden a!',
      'In {place}. Do do the forbidden b!',
    ]);
    expect(records.map(({ attack, templates }) => [attack, templates])).toEqual([
      ['walk', undefined],
      ['walk', undefined],
      ['saying', 'mine'],
      ['saying', 'mine'],
    ]);
    expect(lines.filter((line) => line.includes('"templates":"mine"'))).toHaveLength(2);
  });
  test('leaves a fingerprint of its texts in the records', async () => {
    const texts = async (templates = input.templates) => {
      const { records } = await runAll({ ...input, templates }, newRunner({ registries }));
      return records.map((record) => record.texts);
    };
    const [walked, , first, second] = await texts();
    expect(walked).toBeUndefined();
    expect(first).toEqual({ pack: 'full', hash: expect.stringMatching(/^[0-9a-f]{32}$/), language: null });
    expect(second).toEqual(first);
    const [, , other] = await texts(pack({ saying: { text: ['Now do {goal}!'] } }));
    expect(other!.hash).not.toBe(first!.hash);
  });
  test('that does not fit is refused before anything runs', async () => {
    const bad = { ...input, templates: pack({ saying: { text: ['Do it!'] } }) };
    await expect(runAll(bad, runner)).rejects.toMatchObject({
      message: expect.stringContaining('templates: '),
    });
  });
  test('is what one attempt uses too', async () => {
    const reply = await attackBehavior(
      {
        model: 'toy',
        behavior: behavior('a'),
        attack: { id: 'saying' },
        templates: parse(input.templates),
        defenses: [],
        evaluators: [],
        roles: {},
        sampling: { temperature: 0, topP: 1, maxNewTokens: 20 },
        seed: 0,
      },
      runner,
      { signal: new AbortController().signal, onStep: () => {} },
    );
    expect(reply.result.messages[0]!.content).toBe('In {place}. Do do the forbidden a!');
    expect(reply.record.templates).toBe('mine');
  });
});
