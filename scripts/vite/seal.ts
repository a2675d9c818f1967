/** @file Puts the content security policy into the built page, into a headers file for hosts, and on Vite's servers. */
import type { Plugin } from 'vite';
import { metaPolicy, sealHeaders } from '../../src/lab/seal/policy.ts';

const withHeader = (name: string, edit: (value: string) => string) => ({
  ...sealHeaders,
  [name]: edit(sealHeaders[name] ?? ''),
});

/** Hot reloading needs a socket and inline styles; nothing else is loosened. */
const developmentHeaders = withHeader('Content-Security-Policy', (policy) =>
  policy
    .replace("style-src 'self'", "style-src 'self' 'unsafe-inline'")
    .replace("connect-src 'self'", "connect-src 'self' ws:"),
);

export const seal = (): Plugin => ({
  name: 'glovebox:seal',
  // Vitest's own page, which frames the browser tests, does not work under this policy.
  config: () =>
    process.env['VITEST']
      ? {}
      : { server: { headers: developmentHeaders }, preview: { headers: { ...sealHeaders } } },
  transformIndexHtml: {
    order: 'post',
    handler: (_html, { server }) =>
      server
        ? []
        : [
            {
              tag: 'meta',
              attrs: { 'http-equiv': 'Content-Security-Policy', content: metaPolicy },
              injectTo: 'head-prepend',
            },
          ],
  },
  generateBundle() {
    // The format that Netlify and Cloudflare Pages read; other static hosts ignore it.
    const lines = Object.entries(sealHeaders).map(([name, value]) => `  ${name}: ${value}`);
    this.emitFile({ type: 'asset', fileName: '_headers', source: `/*\n${lines.join('\n')}\n` });
  },
});
