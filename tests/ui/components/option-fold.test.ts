import { expect, test } from 'vitest';
import { integer } from '../../../src/core/options.ts';
import { OptionFold } from '../../../src/ui/components/option-fold.svelte.ts';

const specOf = (): { steps: ReturnType<typeof integer> } => ({
  steps: integer({ description: 'Steps.', default: 1, min: 1, max: 9 }),
});

test('further options are unfolded where one is set, also once another method is in the form', () => {
  let [options, set] = [specOf(), false];
  const fold = new OptionFold(
    () => options,
    () => set,
  );
  expect(fold.open).toBe(false);
  set = true;
  expect(fold.open).toBe(true);
  [options, set] = [specOf(), false];
  expect(fold.open).toBe(false);
});

test('what is changed by hand neither folds nor unfolds them, and another method begins anew', () => {
  let [options, set] = [specOf(), true];
  const fold = new OptionFold(
    () => options,
    () => set,
  );
  fold.leave();
  set = false;
  expect(fold.open).toBe(true);
  fold.leave(false);
  set = true;
  expect(fold.open).toBe(false);
  options = specOf();
  expect(fold.open).toBe(true);
});
