import { expect, test } from 'vitest';
import { withRow } from '../../bench/table.ts';

const text = `# A

| a |
| - |
| 1 |

## B

Words.

| b |
| - |

After.
`;

test('a row goes to the end of the table below its heading, and nowhere else', () => {
  expect(withRow(text, '# A', ['2'])).toBe(text.replace('| 1 |\n', '| 1 |\n| 2 |\n'));
  expect(withRow(text, '## B', ['3'])).toBe(text.replace('| - |\n\nAfter', '| - |\n| 3 |\n\nAfter'));
});
test('a heading without a table is an error', () => {
  expect(() => withRow(text, '## C', ['4'])).toThrow('## C');
});
test('a table may end the file', () => {
  expect(withRow('# A\n| a |', '# A', ['2'])).toBe('# A\n| a |\n| 2 |');
});
