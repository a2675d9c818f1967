import { expect, test } from 'vitest';
import { withTables } from '../../../scripts/results/tables.ts';

test('tables take the place of those that a page has, and of nothing else', () => {
  const page =
    'A\n\n<!-- The tables are written by `npm run results`. -->\nold\n<!-- End of the tables. -->\n\nB\n';
  const fresh = withTables(page, 'new');
  expect(fresh).toMatch(/^A\n\n<!--.*-->\n\nnew\n\n<!--.*-->\n\nB\n$/);
  expect(withTables(fresh, 'new')).toBe(fresh);
  expect(() => withTables('A', 'new')).toThrow(/no place/);
});
