/** @file A static file server for the built app, with the headers of the seal or without them, like plain hosting. */
import { createReadStream } from 'node:fs';
import { realpath, stat } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { extname, join, sep } from 'node:path';
import { headersFor } from '../src/lab/seal/policy.ts';

const mimeTypes: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.ico': 'image/x-icon',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.jsonl': 'application/x-ndjson',
  '.md': 'text/markdown; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
  '.wasm': 'application/wasm',
  '.webmanifest': 'application/manifest+json',
  '.woff2': 'font/woff2',
};

export interface ServeOptions {
  readonly folder: string;
  /** Folders that are served below a path of their own, which ends in a slash. */
  readonly mounts?: ReadonlyMap<string, string>;
  /** 0 takes any free port. */
  readonly port: number;
  /** Send the seal's headers; `false` imitates hosting that cannot. */
  readonly headers: boolean;
  /** Called once per request. */
  readonly onRequest?: (path: string) => void;
}

export interface LocalServer {
  /** Ends in a slash. */
  readonly url: string;
  /** Stops at once; open connections are cut. */
  close(): Promise<void>;
}

/** The file that a request path names, or `null` when there is none inside `root`. */
async function fileFor(root: string, path: string): Promise<{ file: string; size: number } | null> {
  try {
    const requested = join(root, decodeURIComponent(path), path.endsWith('/') ? 'index.html' : '');
    const file = await realpath(requested);
    const stats = await stat(file);
    return stats.isFile() && file.startsWith(root + sep) ? { file, size: stats.size } : null;
  } catch {
    return null; // missing, or not decodable
  }
}

/** The folder that a path lies in, and the rest of the path. */
function placeOf(root: string, mounts: ReadonlyMap<string, string>, path: string): readonly [string, string] {
  for (const [prefix, folder] of mounts)
    if (path.startsWith(`/${prefix}`)) return [folder, path.slice(prefix.length)];
  return [root, path];
}

async function respond(
  root: string,
  mounts: ReadonlyMap<string, string>,
  options: ServeOptions,
  request: IncomingMessage,
  response: ServerResponse,
) {
  // Not through `URL`, which takes "//name" for a host and throws on "//".
  const pathname = (request.url ?? '/').replace(/[?#].*$/s, '');
  options.onRequest?.(pathname);
  const headers = options.headers ? headersFor(pathname) : {};
  const end = (status: number, text: string) =>
    response.writeHead(status, { ...headers, 'Content-Type': 'text/plain' }).end(`${text}\n`);
  if (request.method !== 'GET' && request.method !== 'HEAD') return end(405, 'Only GET and HEAD.');
  const target = await fileFor(...placeOf(root, mounts, pathname));
  if (!target) return end(404, 'Not found.');
  response.writeHead(200, {
    ...headers,
    'Content-Type': mimeTypes[extname(target.file)] ?? 'application/octet-stream',
    'Content-Length': target.size,
    'Cache-Control': /\/assets\//.test(pathname) ? 'public, max-age=31536000, immutable' : 'no-cache',
  });
  if (request.method === 'HEAD') return response.end();
  return createReadStream(target.file)
    .on('error', () => response.destroy())
    .pipe(response);
}

/** @throws Error with code EADDRINUSE when the port is taken */
export async function serve(options: ServeOptions): Promise<LocalServer> {
  const root = await realpath(options.folder);
  const mounts = new Map<string, string>();
  for (const [prefix, folder] of options.mounts ?? []) mounts.set(prefix, await realpath(folder));
  const server = createServer((request, response) => void respond(root, mounts, options, request, response));
  // A process that loads a model may not look at its connections for seconds, and would find them closed.
  server.keepAliveTimeout = 600_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(options.port, '127.0.0.1', resolve);
  });
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : options.port;
  return {
    url: `http://localhost:${port}/`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
