import { expect, test } from 'vitest';
import { mostFound, searchDocs } from '../../../src/ui/docs/search-docs.ts';

const section = (id: string, content: string) => ({ id, text: id, content });
const pages = [
  {
    page: 'class',
    title: 'class',
    sections: [section('class', 'A stick.'), section('pack', 'One zip of models.')],
  },
  {
    page: 'models',
    title: 'models',
    sections: [section('models', 'From a zip file.'), section('zip', 'Export.')],
  },
];

test('a heading with the words comes before a text with them', () => {
  expect(searchDocs(pages, 'Zip').map(({ page, at }) => [page, at])).toEqual([
    ['models', 'zip'],
    ['class', 'pack'],
    ['models', null],
  ]);
});

test('every word has to occur, in any order', () => {
  expect(searchDocs(pages, 'models zip').map(({ at }) => at)).toEqual([null, 'pack']);
  expect(searchDocs(pages, 'zip nowhere')).toEqual([]);
  expect(searchDocs(pages, '  ')).toEqual([]);
});

test('the excerpt holds the first match, between whole words', () => {
  const long = {
    page: 'p',
    title: 'p',
    sections: [section('p', `${'before '.repeat(40)}needle ${'after '.repeat(40)}`)],
  };
  const [found] = searchDocs([long], 'needle');
  expect(found!.excerpt).toMatch(/^… (before )+needle (after )+…$/);
  expect(found!.excerpt.length).toBeLessThan(200);
});

test('no more are listed than can be read', () => {
  const many = Array.from({ length: 50 }, (_, at) => ({
    page: `${at}`,
    title: 'x',
    sections: [section('x', 'y')],
  }));
  expect(searchDocs(many, 'y')).toHaveLength(mostFound);
});
