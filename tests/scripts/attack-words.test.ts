import { expect, test } from 'vitest';
import { fillRoles, readAttack } from '../../scripts/cli/choices.ts';

test('an attack is read with options of the types that it declares', () => {
  expect(readAttack('gcg', ['steps=4'])).toEqual({ id: 'gcg', options: { steps: 4 } });
});

test('attacks in a row each take the options that name them, and all their roles are filled', () => {
  const attack = readAttack('persuasion+gcg', ['gcg.steps=4', 'gcg.probe=true']);
  expect(attack).toEqual({
    id: 'persuasion+gcg',
    attack: [
      { id: 'persuasion', options: {} },
      { id: 'gcg', options: { steps: 4, probe: true } },
    ],
  });
  expect(Object.keys(fillRoles({ attack, defenses: [] }, ['scorer=tinytown-base'])).toSorted()).toEqual([
    'paraphraser',
    'scorer',
  ]);
});

test('an option that names none of the attacks is refused', () => {
  expect(() => readAttack('persuasion+gcg', ['steps=4'])).toThrow(/names none of the attacks/);
  expect(() => readAttack('persuasion+magic', [])).toThrow(/There is no attack "magic"/);
});
