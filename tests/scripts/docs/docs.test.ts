import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { expect, test } from 'vitest';
import { version } from '../../../package.json';
import { planPage } from '../../../scripts/docs/plan-page.ts';
import { docFiles } from '../../../scripts/vite/docs.ts';
import { addressInApp, pageOf } from '../../../scripts/vite/docs/links.ts';
import { renderPage } from '../../../scripts/vite/docs/page.ts';
import { hubHosts } from '../../../src/lab/seal/policy.ts';
import { parseRoute } from '../../../src/ui/links/routes.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const read = (path: string) => readFileSync(join(root, path), 'utf8');
const pages = new Map(docFiles().map((file) => [pageOf(file)!, renderPage(file, read(file))]));
const hrefs = (markup: string) =>
  [...markup.matchAll(/href="([^"]+)"/g)].map(([, href]) => href!.replaceAll('&amp;', '&'));

test.each([...pages.keys()])(
  'every link of the page "%s" leads to a page and a heading that exist',
  (name) => {
    for (const href of hrefs(pages.get(name)!.markup)) {
      if (!href.startsWith('#')) continue;
      const route = parseRoute(href);
      expect(route.page, href).not.toBe('missing');
      if (route.page !== 'docs') continue;
      const target = pages.get(route.path);
      expect(target, href).toBeDefined();
      if (route.at !== null)
        expect(
          target!.headings.map(({ id }) => id),
          href,
        ).toContain(route.at);
    }
  },
);

test('every page can be reached from the contents', () => {
  const reached = new Set(['']);
  for (const page of reached)
    for (const href of hrefs(pages.get(page)!.markup)) {
      const route = href.startsWith('#') ? parseRoute(href) : null;
      if (route?.page === 'docs') reached.add(route.path);
    }
  expect([...pages.keys()].filter((page) => !reached.has(page))).toEqual([]);
});

test('a link that leads to a file on GitHub leads to its page in the app', () => {
  expect(addressInApp('scale.md#on-a-page', 'docs/class.md')).toBe('#/docs/scale?at=on-a-page');
  expect(addressInApp('#rows', 'docs/training-data.md')).toBe('#/docs/training-data?at=rows');
  expect(addressInApp('../models.md', 'docs/results/secrets.md')).toBe('#/docs/models');
  expect(addressInApp('../CONTRIBUTING.md', 'docs/README.md')).toBe('#/docs/contributing');
  expect(addressInApp('../public/schemas/plan.json', 'docs/plan.md')).toBe('schemas/plan.json');
  expect(addressInApp('../src/library/README.md', 'docs/library.md')).toBeNull();
});

test('headings are named as on GitHub, the second of the same name too', () => {
  const { title, headings } = renderPage(
    'docs/a.md',
    '# A & b\n\n## It’s `one`, two!\n\n## Twice\n\n## Twice\n',
  );
  expect(title).toBe('A & b');
  expect(headings.map(({ id }) => id)).toEqual(['its-one-two', 'twice', 'twice-1']);
});

test('braces and signs of the Markdown stay text, and HTML is refused', () => {
  const { markup } = renderPage(
    'docs/a.md',
    '# T\n\nA `{#if}` and {@html x} & <y\n\n```\n<script>{1}</script>\n```\n',
  );
  expect(markup).not.toMatch(/[{}]|<script/);
  expect(markup).toContain('&#123;#if&#125;');
  expect(() => renderPage('docs/a.md', '# T\n\n<img src="x">\n')).toThrow('docs/a.md holds HTML');
});

test('what stands under a heading can be searched, tables and lists included', () => {
  const { sections } = renderPage(
    'docs/a.md',
    '# T\n\none\n\n## U\n\n- two\n\n| a |\n| --- |\n| `three` |\n',
  );
  expect(sections.map(({ id, content }) => [id, content])).toEqual([
    ['t', 'one'],
    ['u', 'two a three'],
  ]);
});

test('the page of a plan’s fields is the one in force (else run `npx tsx scripts/schema.ts`)', async () => {
  const file = join(root, 'docs/plan.md');
  expect(read('docs/plan.md')).toBe(
    await format(planPage(), { ...(await resolveConfig(file)), filepath: file }),
  );
});

test('the security review names every host that the app may ever ask', () => {
  const text = read('docs/security-review.md');
  expect(hubHosts.filter((host) => !text.includes(`\`${host}\``))).toEqual([]);
});

test('the version to cite is that of the lab', () => {
  expect(read('CITATION.cff')).toContain(`version: ${version}\n`);
  expect(read('docs/cite.md').split(version)).toHaveLength(3);
});
