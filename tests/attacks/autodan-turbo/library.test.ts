import { describe, expect, test } from 'vitest';
import { retrieve, withStrategy, type StrategyLibrary } from '../../../src/attacks/autodan-turbo/library.ts';

const use = (gain: number, response = 'Sorry.', example = `prompt ${gain}`) => ({ gain, response, example });
const libraryOf = (...entries: readonly (readonly [name: string, ...uses: ReturnType<typeof use>[]])[]) =>
  entries.reduce<StrategyLibrary>(
    (library, [name, ...uses]) =>
      uses.reduce((grown, each) => withStrategy(grown, { name, definition: `to ${name}` }, each), library),
    [],
  );
const names = (library: StrategyLibrary, response: string, k = 5) => {
  const { kind, strategies } = retrieve(library, response, k);
  return [kind, ...strategies.map(({ name }) => name)];
};

describe('the library', () => {
  test('adds a use to a strategy that it knows by another spelling, and keeps its definition', () => {
    const library = libraryOf(['Sing', use(3)]);
    const grown = withStrategy(library, { name: ' sing ', definition: 'other' }, use(4));
    expect(grown).toEqual([{ name: 'Sing', definition: 'to Sing', uses: [use(3), use(4)] }]);
    expect(library[0]!.uses).toHaveLength(1);
  });
  test('advises nothing while it is empty', () => {
    expect(retrieve([], 'Sorry.', 5)).toEqual({ kind: 'none', strategies: [] });
  });
  test('gives a strong strategy alone', () => {
    expect(names(libraryOf(['sing', use(5)], ['beg', use(3)], ['hum', use(1)]), 'Sorry.')).toEqual([
      'use',
      'sing',
    ]);
  });
  test('gives those of middle strength together, best first, and leaves out the weak', () => {
    const library = libraryOf(['beg', use(2)], ['sing', use(4.5)], ['hum', use(1)]);
    expect(names(library, 'Sorry.')).toEqual(['use', 'sing', 'beg']);
  });
  test('warns of strategies that are all weak', () => {
    expect(names(libraryOf(['hum', use(1)], ['beg', use(1.5)]), 'Sorry.')).toEqual(['avoid', 'beg', 'hum']);
  });
  test('prefers what followed on a similar answer to what gained more after another', () => {
    const library = libraryOf(
      ['sing', use(9, 'The weather is fine today')],
      ['beg', use(2, 'I cannot open the door')],
      ['hum', use(3, 'I cannot open the gate')],
    );
    expect(names(library, 'No, I cannot open this', 1)).toEqual(['use', 'hum']);
    expect(names(library, 'Today the weather is bad', 1)).toEqual(['use', 'sing']);
  });
  test('counts a strategy with the mean gain of its closest uses, and shows its best example', () => {
    const library = libraryOf(['sing', use(8), use(1)]);
    expect(retrieve(library, 'Sorry.', 5).strategies).toEqual([
      { name: 'sing', definition: 'to sing', example: 'prompt 8', gain: 4.5 },
    ]);
  });
});
