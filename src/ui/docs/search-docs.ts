/** @file Searches the docs. Pure. */

export interface SearchedPage {
  readonly page: string;
  readonly title: string;
  readonly sections: readonly { readonly id: string; readonly text: string; readonly content: string }[];
}

export interface Found {
  readonly page: string;
  /** Of the page. */
  readonly title: string;
  /** Of the heading; `null`: the top of the page. */
  readonly at: string | null;
  readonly heading: string;
  /** Some words around the first match. */
  readonly excerpt: string;
}

export const mostFound = 20;
const [before, after] = [60, 120];

/** From a whole word before the place to one after it. */
function excerptAt(text: string, place: number): string {
  const start = place <= before ? 0 : text.indexOf(' ', place - before) + 1;
  const cut = place + after >= text.length ? text.length : text.lastIndexOf(' ', place + after);
  const end = cut > place ? cut : text.length;
  return `${start > 0 ? '… ' : ''}${text.slice(start, end)}${end < text.length ? ' …' : ''}`;
}

/** Sections that hold every word of `query`; those whose heading does come first, and the order of the docs decides then. */
export function searchDocs(pages: readonly SearchedPage[], query: string): readonly Found[] {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return [];
  const hits = pages.flatMap(({ page, title, sections }) =>
    sections.flatMap(({ id, text, content }, index) => {
      const [heading, body] = [text.toLowerCase(), content.toLowerCase()];
      if (!words.every((word) => heading.includes(word) || body.includes(word))) return [];
      const place = Math.max(0, body.indexOf(words.find((word) => body.includes(word)) ?? ''));
      const rank = words.filter((word) => heading.includes(word)).length + (index === 0 ? 0.5 : 0);
      const found: Found = {
        ...{ page, title, at: index === 0 ? null : id, heading: text },
        excerpt: excerptAt(content, place),
      };
      return [{ found, rank: rank >= 1 ? rank : 0 }];
    }),
  );
  return hits
    .toSorted((a, b) => b.rank - a.rank)
    .slice(0, mostFound)
    .map(({ found }) => found);
}
