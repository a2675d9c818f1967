/** @file The tests that every method passes, whatever its kind. */
import { expect, test } from 'vitest';
import { accessTiers, type MethodCard } from '../src/core/method.ts';
import { defaultsOf, optionsSchema, parseOptions } from '../src/core/options.ts';

/** What `list --json` and the page show: the method without its functions. */
const cardOf = (method: MethodCard) =>
  Object.fromEntries(Object.entries(method).filter(([, value]) => typeof value !== 'function'));

/** Declare the tests of `method`, whose file is named `id`. */
export function checkMethod(id: string, method: MethodCard): void {
  test('has a kebab-case id, a title and a summary of one sentence', () => {
    expect(id).toMatch(/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/);
    expect(method.title).not.toBe('');
    expect(method.summary).toMatch(/^[A-Z].*\.$/s);
  });
  test('says in sentences where it departs from its paper, if it does', () => {
    if (method.differs !== undefined) expect(method.differs).toMatch(/^[A-Z].*\.$/s);
    expect(method.differs ?? '').not.toMatch(/^Differs/);
  });
  test('cites a paper that can be opened', () => {
    expect(method.paper.title).not.toBe('');
    expect(URL.canParse(method.paper.url)).toBe(true);
    if (method.paper.arxiv) expect(method.paper.arxiv).toMatch(/^\d{4}\.\d{4,5}$/);
  });
  test('accepts its own defaults, and they are what missing options become', () => {
    expect(optionsSchema(method.options).parse(defaultsOf(method.options))).toEqual(
      defaultsOf(method.options),
    );
    expect(parseOptions(method.options, {}, id)).toEqual(defaultsOf(method.options));
  });
  test('describes every option, and refuses one that it does not have', () => {
    for (const option of Object.values(method.options)) expect(option.description).toMatch(/^[A-Z].*\.$/s);
    expect(() => parseOptions(method.options, { noSuchOption: 1 }, id)).toThrow(/noSuchOption/);
  });
  test('has a card that survives cloning and JSON', () => {
    expect(structuredClone(cardOf(method))).toEqual(cardOf(method));
    expect(JSON.parse(JSON.stringify(cardOf(method)))).toEqual(cardOf(method));
  });
  test('names a known tier of access', () => {
    expect(accessTiers).toContain(method.access);
  });
}
