import { describe, expect, test } from 'vitest';
import { attacks } from '../../src/attacks/index.ts';
import { slotsOf } from '../../src/core/slots.ts';
import { inBothPacks, joinedPacks, templatesHash } from '../../src/core/templates.ts';

const withTexts = attacks.all.filter(({ templates }) => templates !== undefined);
/** The slots of all texts of a name together. */
const slots = (texts: readonly string[] = []) => [...new Set(texts.flatMap(slotsOf))].toSorted();

describe.each(withTexts.map(({ id, templates }) => [id, templates!] as const))(
  'the two packs of %s',
  (_, { compact, full }) => {
    test('have texts under the same names', () => {
      expect(Object.keys(full).toSorted()).toEqual(Object.keys(compact).toSorted());
    });
    test.each(Object.keys(full))('have the same slots in "%s"', (name) => {
      expect(slots(full[name])).toEqual(slots(compact[name]));
    });
    test('have no empty text and no text twice under a name', () => {
      for (const texts of [...Object.values(compact), ...Object.values(full)]) {
        expect(texts.length).toBeGreaterThan(0);
        expect(new Set(texts).size).toBe(texts.length);
        for (const text of texts) expect(text.trim()).not.toBe('');
      }
    });
  },
);

test('joined packs keep the later of two texts, in each pack', () => {
  const joined = joinedPacks(
    { compact: { a: ['short'], b: ['b'] }, full: { a: ['long'], b: ['b'] } },
    inBothPacks({ a: ['own'] }),
  );
  expect(joined).toEqual({ compact: { a: ['own'], b: ['b'] }, full: { a: ['own'], b: ['b'] } });
});

test('a hash of texts tells contents apart, not the order of names', () => {
  expect(templatesHash({ a: ['x'], b: ['y'] })).toBe(templatesHash({ b: ['y'], a: ['x'] }));
  expect(templatesHash({ a: ['x'], b: ['y'] })).not.toBe(templatesHash({ a: ['x'], b: ['z'] }));
});
