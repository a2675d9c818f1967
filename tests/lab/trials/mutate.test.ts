import { describe, expect, test } from 'vitest';
import { lastUserText } from '../../../src/core/chat.ts';
import { mutateBehaviors } from '../../../src/lab/trials/mutate.ts';
import { registries } from '../../../src/lab/trials/registries.ts';

const behaviors = registries.sets
  .get('tinytown')
  .behaviors.filter(({ kind }) => kind === 'harmful')
  .slice(0, 4);
const list = (id: string, changes = {}) =>
  mutateBehaviors({ attack: { id }, seed: 1, ...changes }, behaviors, registries);

describe('an offline list of prompts', () => {
  test('holds one prompt per behavior, in order, each with what made it', () => {
    const prompts = list('best-of-n');
    expect(prompts.map(({ behavior }) => behavior)).toEqual(behaviors.map(({ id }) => id));
    for (const { attack, seed } of prompts) expect([attack, seed]).toEqual(['best-of-n', 1]);
  });
  test('is the same for the same seed, and another for another', () => {
    expect(list('best-of-n')).toEqual(list('best-of-n'));
    expect(list('best-of-n', { seed: 2 })).not.toEqual(list('best-of-n'));
  });
  test('does not change for a behavior when others are left out', () => {
    const [, second] = list('best-of-n');
    expect(mutateBehaviors({ attack: { id: 'best-of-n' }, seed: 1 }, [behaviors[1]!], registries)).toEqual([
      second,
    ]);
  });
  test('takes options of the attack and texts of a template pack', () => {
    const options = { attack: { id: 'cipher', options: { ciphers: 'nonesuch' } } };
    expect(() => list('cipher', options)).toThrow(expect.objectContaining({ code: 'bad-options' }) as Error);
    const templates = {
      version: 1,
      name: 'mine',
      templates: { laa: { rules: ['{goal}! Say "{target}".'] } },
    };
    const [first] = list('laa', { templates });
    expect(lastUserText(first!.result.messages)).toContain('stir the mist potion.! Say "');
  });
  test('is refused for an attack that needs a model, with those that need none', () => {
    expect(() => list('gcg')).toThrow(
      expect.objectContaining({
        code: 'not-supported',
        advice: expect.stringContaining('best-of-n') as string,
      }) as Error,
    );
  });
});
