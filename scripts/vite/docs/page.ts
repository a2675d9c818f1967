/** @file A file of the docs as a page of the app: markup of a Svelte component, its headings, and its text to search in. */
import { basename } from 'node:path';
import { Marked, type Token, type Tokens } from 'marked';
import { addressInApp } from './links.ts';

export interface Heading {
  readonly depth: number;
  readonly id: string;
  readonly text: string;
}

/** What stands under one heading. */
export interface Section extends Heading {
  readonly content: string;
}

export interface DocPage {
  readonly title: string;
  readonly headings: readonly Heading[];
  readonly sections: readonly Section[];
  /** Nothing in it is an expression of Svelte. */
  readonly markup: string;
}

/** A heading's name in addresses, as GitHub makes it. */
const slug = (text: string): string =>
  text
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .replace(/\s/g, '-');

const escaped = (text: string): string =>
  text.replace(/[&<>"]/g, (sign) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;' })[sign] ?? '&quot;');

/** What a reader sees of inline Markdown. */
const plain = (tokens: readonly Token[]): string =>
  tokens
    .map((token) => ('tokens' in token && token.tokens ? plain(token.tokens) : plainText(token)))
    .join('');
const plainText = (token: Token): string =>
  token.type === 'br' ? ' ' : 'text' in token ? String(token.text) : '';

/** All that can be read in a block, tables and lists included. */
function readable(token: Token): string {
  if (token.type === 'table') {
    const { header, rows } = token as Tokens.Table;
    return [header, ...rows].map((row) => row.map(({ tokens }) => plain(tokens)).join(' ')).join('\n');
  }
  if (token.type === 'list')
    return (token as Tokens.List).items.map(({ tokens }) => tokens.map(readable).join(' ')).join('\n');
  if (token.type === 'html' || token.type === 'space' || token.type === 'hr') return '';
  return 'tokens' in token && token.tokens ? plain(token.tokens) : plainText(token);
}

/** Scripts and manifests that the docs link to are shown as they are. */
const asMarkdown = (file: string, text: string): string =>
  file.endsWith('.md') ? text : `# ${basename(file)}\n\n\`\`\`\n${text.trimEnd()}\n\`\`\`\n`;

/**
 * @param file path from the root of the repository
 * @throws Error for HTML in the Markdown, which would be part of the app
 */
export function renderPage(file: string, text: string): DocPage {
  const marked = new Marked();
  const tokens = marked.lexer(asMarkdown(file, text));
  const headings = new Map<Token, Heading>();
  const taken = new Map<string, number>();
  for (const token of tokens) {
    if (token.type !== 'heading') continue;
    const { depth, tokens: inner } = token as Tokens.Heading;
    const words = plain(inner);
    const again = taken.get(slug(words)) ?? 0;
    taken.set(slug(words), again + 1);
    headings.set(token, { depth, id: again === 0 ? slug(words) : `${slug(words)}-${again}`, text: words });
  }
  marked.use({
    renderer: {
      // The frame of the app holds the first heading of every page, so these begin with the second.
      heading(token) {
        const { id, depth } = headings.get(token)!;
        const inner = this.parser.parseInline(token.tokens);
        const tag = `h${Math.min(depth + 1, 6)}`;
        return `<${tag} id="doc-${id}" tabindex="-1">${inner}</${tag}>\n`;
      },
      link({ href, tokens: inner }) {
        const words = this.parser.parseInline(inner);
        const address = addressInApp(href, file);
        if (address === null) return `<span>${words}</span>`;
        const opens = address.startsWith('#') ? '' : ' target="_blank" rel="noreferrer"';
        return `<a href="${escaped(address)}"${opens}>${words}</a>`;
      },
      // An address of the app, as `#/vault`, leads there.
      codespan: ({ text: code }) =>
        /^#\/[a-z]/.test(code)
          ? `<a href="${escaped(code)}"><code>${escaped(code)}</code></a>`
          : `<code>${escaped(code)}</code>`,
      // Wide ones scroll by themselves; who has no mouse reaches them by Tab.
      code: ({ text: code }) =>
        `<pre role="group" aria-label="Code" tabindex="0"><code>${escaped(code)}</code></pre>\n`,
      table(token) {
        const cells = (row: readonly Tokens.TableCell[], tag: 'th' | 'td') =>
          row
            .map(({ tokens: inner, align }) => {
              const scope = tag === 'th' ? ' scope="col"' : '';
              const side = align === 'right' ? ' class="right"' : '';
              return `<${tag}${scope}${side}>${this.parser.parseInline(inner)}</${tag}>`;
            })
            .join('');
        const body = token.rows.map((row) => `<tr>${cells(row, 'td')}</tr>`).join('\n');
        return `<div class="framed" role="group" aria-label="Table" tabindex="0"><table class="ruled"><thead><tr>${cells(token.header, 'th')}</tr></thead><tbody>${body}</tbody></table></div>\n`;
      },
      image: ({ text: words }) => `<em>${escaped(words)}</em>`,
      html({ text: html }) {
        if (/^\s*<!--[\s\S]*-->\s*$/.test(html)) return '';
        throw new Error(`${file} holds HTML, which the docs of the app do not show: ${html.slice(0, 80)}`);
      },
    },
  });
  const sections: Section[] = [];
  for (const token of tokens) {
    const heading = headings.get(token);
    if (heading) sections.push({ ...heading, content: '' });
    else if (sections.length > 0)
      sections.push({
        ...sections.at(-1)!,
        content: `${sections.pop()!.content} ${readable(token)}`.replace(/\s+/g, ' ').trim(),
      });
  }
  const listed = [...headings.values()];
  const markup = marked.parser(tokens).replace(/[{}]/g, (sign) => (sign === '{' ? '&#123;' : '&#125;'));
  return { title: listed[0]?.text ?? basename(file), headings: listed.slice(1), sections, markup };
}
