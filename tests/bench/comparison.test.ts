import { expect, test } from 'vitest';
import { cellsOf, columns, comparedSpeeds, comparedTimes, short, tableOf } from '../../bench/comparison.ts';

const named = { what: 'step', model: 'tinytown-chat', peer: 'PyTorch' };
const compared = { ours: 20, theirs: 10, timeRatio: 2, rounds: 5 };

test('a ratio of times says that twice the time is 2', () => {
  const line = comparedTimes(named, compared, 'float32');
  expect(cellsOf(line)).toContain('2.00 × the time');
  expect([line.ours, line.theirs]).toEqual(['20.0 ms', '10.0 ms']);
});

test('a ratio of speeds says that twice the time is half the speed', () => {
  const line = comparedSpeeds(named, compared, 'float32');
  expect(cellsOf(line)).toContain('0.500 × the speed');
  expect([line.ours, line.theirs]).toEqual(['50.0 tokens/s', '100 tokens/s']);
});

test('a comparison that could not be made says why, and has no ratio', () => {
  const cells = cellsOf({ ...named, ours: '20.0 ms', missing: 'There is no python3.' });
  expect(cells).toEqual([
    'step',
    'tinytown-chat',
    '20.0 ms',
    'PyTorch',
    '–',
    '–',
    '–',
    'There is no python3.',
  ]);
});

test('every kind of line has a cell for each column, and no text breaks the table', () => {
  const lines = [
    comparedTimes(named, compared, 'a | b'),
    { ...named, missing: 'It is not here.' },
    { what: 'every attack', model: 'tinytown-chat', ours: '4 min 0 s', about: 'command line' },
  ];
  for (const line of lines) expect(cellsOf(line)).toHaveLength(columns.length);
  for (const row of tableOf(lines).split('\n'))
    expect(row.match(/(?<!\\)\|/g)).toHaveLength(columns.length + 1);
});

test('figures have three significant digits', () => {
  expect([0, 0.01234, 1.2345, 45.67, 1234.5].map(short)).toEqual(['0', '0.0123', '1.23', '45.7', '1235']);
});
