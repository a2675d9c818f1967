import { expect, test } from 'vitest';
import { fillSlots, hasSlot, slotsOf } from '../../src/core/slots.ts';

test('a value is inserted as it is, with its braces, dollar signs and slot names', () => {
  const value = 'a {goal} of {target}, $& and $1 {';
  expect(fillSlots('<{goal}|{target}>', { goal: value, target: '{goal}' })).toBe(`<${value}|{goal}>`);
});

test('a slot is filled wherever it stands', () => {
  expect(fillSlots('{name}, dear {name}', { name: 'Pim' })).toBe('Pim, dear Pim');
});

test('braces that name no value stay', () => {
  const template: string = 'function {toString} { {x} }';
  expect(fillSlots(template, { x: '1' })).toBe('function {toString} { 1 }');
});

test('a slot can be looked for', () => {
  expect([hasSlot('a {b}', 'b'), hasSlot('a b', 'b')]).toEqual([true, false]);
});

test('the slots of a template are named once each', () => {
  expect(slotsOf('{a} {b} {a} {} {c d} {"e": "{f}"}')).toEqual(['a', 'b', 'f']);
});
