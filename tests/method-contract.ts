/** @file The tests that every method passes, whatever its kind. */
import { expect, test } from 'vitest';
import { accessTiers, type MethodCard } from '../src/core/method.ts';
import { defaultsOf, optionsSchema, parseOptions } from '../src/core/options.ts';

/**
 * Declare the tests of a method.
 * @param id name of its file
 * @param card what `list --json` and the page show: the method without its functions
 */
export function checkMethod(id: string, method: MethodCard, card: MethodCard | undefined): void {
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
    expect(card).toMatchObject({ title: method.title, summary: method.summary, access: method.access });
    expect(structuredClone(card)).toEqual(card);
    expect(JSON.parse(JSON.stringify(card))).toEqual(card);
  });
  test('names a known tier of access', () => {
    expect(accessTiers).toContain(method.access);
  });
}
