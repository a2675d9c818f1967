/** @file Puts the content security policy into the built page, into a headers file for hosts, and on Vite's servers. */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Plugin } from 'vite';
import { policyWith, sealHeaders, serviceWorkerFile, type SitePolicy } from '../../src/lab/seal/policy.ts';
import { endpointOrigins } from './connected.ts';

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

/**
 * The file that Netlify and Cloudflare Pages read; other static hosts ignore it. Both join headers of the same name
 * from all rules that match, so no two rules may match one path: each entry of the site's folder has its own.
 * @param entries names in the site's folder; those of folders end in a slash
 */
export function headersFile(entries: readonly string[], { headersFor }: SitePolicy = policyWith([])): string {
  const paths = entries.map((entry) => (entry.endsWith('/') ? `/${entry}*` : `/${entry}`));
  const rules = ['/', ...paths.toSorted()].map((path) => {
    const lines = Object.entries(headersFor(path)).map(([name, value]) => `  ${name}: ${value}`);
    return [path, ...lines].join('\n');
  });
  return `${rules.join('\n\n')}\n`;
}

const entriesOf = (folder: string) =>
  readdirSync(folder).map((name) => (statSync(join(folder, name)).isDirectory() ? `${name}/` : name));
const topOf = (fileName: string) => fileName.replace(/\/.*$/s, '/');

export function seal(): Plugin {
  let publicFolder = '';
  let policy = policyWith([]);
  return {
    name: 'glovebox:seal',
    // Vitest's own page, which frames the browser tests, does not work under this policy.
    config: () => (process.env['VITEST'] ? {} : { server: { headers: developmentHeaders } }),
    configResolved({ publicDir, mode }) {
      publicFolder = publicDir;
      policy = policyWith(endpointOrigins(mode));
    },
    configurePreviewServer: ({ middlewares }) =>
      void middlewares.use(({ url = '/' }, response, next) => {
        for (const [name, value] of Object.entries(policy.headersFor(url.replace(/\?.*$/s, ''))))
          response.setHeader(name, value);
        next();
      }),
    transformIndexHtml: {
      order: 'post',
      handler: (_html, { server }) =>
        server
          ? []
          : [
              {
                tag: 'meta',
                attrs: { 'http-equiv': 'Content-Security-Policy', content: policy.meta },
                injectTo: 'head-prepend',
              },
            ],
    },
    generateBundle: {
      order: 'post',
      handler(_options, bundle) {
        const late = ['manifest.webmanifest', serviceWorkerFile];
        const entries = new Set([...Object.keys(bundle).map(topOf), ...entriesOf(publicFolder), ...late]);
        this.emitFile({ type: 'asset', fileName: '_headers', source: headersFile([...entries], policy) });
      },
    },
  };
}
