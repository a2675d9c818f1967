/**
 * @file Model hubs and every other host, on this computer: a TLS server to which Chromium is told to send all names but
 * localhost. It serves repositories as the hubs do and keeps what it was asked, whoever the request was meant for.
 * Without TLS it is a mirror of the hub for programs in Node.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import {
  createServer as createPlainServer,
  type IncomingMessage,
  type Server as PlainServer,
  type ServerResponse,
} from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';

export interface StubRequest {
  readonly host: string;
  readonly method: string;
  /** Path and query. */
  readonly url: string;
  readonly range: string | null;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/** Answers a request in place of the hub; returns false to leave it to the hub. */
export type Interference = (
  request: StubRequest,
  response: ServerResponse,
  socket: Socket,
) => boolean | Promise<boolean>;

export interface StubHub {
  /** Every request that arrived, in order; those meant for other hosts too. */
  readonly requests: StubRequest[];
  /** Hosts that opened a connection, requests or not: names that TLS asked for. */
  readonly connections: string[];
  /** Files by path, by `org/name`; may be changed. */
  readonly repositories: Map<string, Map<string, Uint8Array>>;
  interfere: Interference | null;
  /** Of the server itself; that of a mirror, without TLS. */
  readonly address: string;
  /** For Chromium, so that it takes this server for every host but localhost. */
  readonly chromiumArgs: readonly string[];
  close(): Promise<void>;
}

export const commit = 'c0ffee'.padEnd(40, '0');
/** Where large files are, as on the hub: behind a redirect. */
export const filesHost = 'cdn-lfs.hf.co';
/** Serves what the hub serves. */
export const mirrorHost = 'mirror.example';
/** Hosts that Chromium asks for purposes of its own, whatever the page does. */
const browserHosts = ['google.com', 'googleapis.com', 'gstatic.com', 'gvt1.com'].map(
  (host) => `MAP *.${host} ~NOTFOUND`,
);
const isLarge = (path: string) => /\.(onnx|onnx_data|bin|safetensors|gguf)$/.test(path);
const digest = (algorithm: string, ...content: (string | Uint8Array)[]) =>
  content.reduce((hash, part) => hash.update(part), createHash(algorithm)).digest('hex');

export function gitBlob(content: Uint8Array): string {
  return digest('sha1', `blob ${content.byteLength}\0`, content);
}

/** A key and a self-signed certificate, made anew each time. */
function certificate(): { key: string; cert: string } {
  const pem = execFileSync(
    'openssl',
    ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=stub', '-keyout', '-'],
    { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] },
  );
  return { key: pem, cert: pem };
}

/** @param tls `false`: a mirror at `address`, which redirects to its own host */
export async function openStubHub({ tls = true } = {}): Promise<StubHub> {
  const requests: StubRequest[] = [];
  const connections: string[] = [];
  const repositories: StubHub['repositories'] = new Map();
  const state: { interfere: Interference | null } = { interfere: null };

  const send = (request: StubRequest, response: ServerResponse, content: Uint8Array) => {
    const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(request.range ?? '') ?? [];
    if (first === undefined) return void response.writeHead(200, cors(content.byteLength)).end(content);
    const part = content.subarray(Number(first), Number(last) + 1);
    const range = `bytes ${first}-${Number(first) + part.byteLength - 1}/${content.byteLength}`;
    response.writeHead(206, { ...cors(part.byteLength), 'Content-Range': range }).end(part);
  };
  const answer = (request: StubRequest, response: ServerResponse) => {
    const path = request.url.replace(/\?.*$/s, '').replace(/^\/cdn\//, '/');
    const isHub = request.host === 'huggingface.co' || request.host === mirrorHost || !tls;
    const isRedirected = request.host === filesHost || request.url.startsWith('/cdn/');
    const missing = () => void response.writeHead(404, cors(0)).end();
    const [, listed] = /^\/api\/models\/([^/]+\/[^/]+)\/revision\/[^/]+$/.exec(path) ?? [];
    const [, repo, file] = /^\/([^/]+\/[^/]+)\/(?:resolve\/)?[^/]+\/(.+)$/.exec(path) ?? [];
    if (isHub && listed !== undefined) {
      const files = repositories.get(listed);
      return files ? json(response, { sha: commit, siblings: [...files].map(sibling) }) : missing();
    }
    if (request.host === 'api.github.com') {
      const [, name = '', libraryPath = ''] = /^\/repos\/([^/]+\/[^/]+)\/contents\/(.+)$/.exec(path) ?? [];
      const content = repositories.get(name)?.get(libraryPath);
      if (!content) return missing();
      return json(response, { type: 'file', sha: gitBlob(content), size: content.byteLength });
    }
    const content = repositories.get(repo ?? '')?.get(file ?? '');
    if (!content) return missing();
    if (!isHub || isRedirected || !isLarge(path)) return send(request, response, content);
    const place = tls ? `https://${filesHost}` : `http://${request.host}/cdn`;
    const location = `${place}${path.replace('/resolve/', '/')}?signature=${Math.random()}`;
    response.writeHead(302, { ...cors(0), Location: location }).end();
  };

  const listener = (incoming: IncomingMessage, response: ServerResponse) => {
    const request = read(incoming);
    requests.push(request);
    void (async () => {
      if (await state.interfere?.(request, response, incoming.socket)) return;
      answer(request, response);
    })();
  };
  const server: Server | PlainServer = tls
    ? createServer({ ...certificate() }, listener)
    : createPlainServer(listener);
  server.on('upgrade', (incoming: IncomingMessage, socket: Socket) => {
    requests.push(read(incoming));
    socket.destroy();
  });
  server.on('secureConnection', (socket) => connections.push(String(socket.servername)));
  // A connection that speaks no TLS was meant for some host too.
  server.on('tlsClientError', () => connections.push('without TLS'));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    requests,
    connections,
    repositories,
    address: `${tls ? 'https' : 'http'}://127.0.0.1:${port}`,
    get interfere() {
      return state.interfere;
    },
    set interfere(interfere) {
      state.interfere = interfere;
    },
    chromiumArgs: [
      `--host-resolver-rules=${[...browserHosts, `MAP * 127.0.0.1:${port}`, 'EXCLUDE localhost'].join(', ')}`,
      '--ignore-certificate-errors',
    ],
    close: () => closed(server),
  };
}

const read = ({ headers, method = '', url = '' }: IncomingMessage): StubRequest => ({
  host: headers.host ?? '',
  method,
  url,
  range: headers.range ?? null,
  at: Date.now(),
});

const cors = (length: number) => ({
  'Access-Control-Allow-Origin': '*',
  'Access-Control-Expose-Headers': 'Content-Range, Retry-After',
  'Content-Type': 'application/octet-stream',
  'Content-Length': length,
});

function json(response: ServerResponse, value: unknown): void {
  const text = Buffer.from(JSON.stringify(value));
  response.writeHead(200, { ...cors(text.byteLength), 'Content-Type': 'application/json' }).end(text);
}

const sibling = ([rfilename, content]: [string, Uint8Array]) => ({
  rfilename,
  size: content.byteLength,
  blobId: gitBlob(content),
  ...(isLarge(rfilename) ? { lfs: { sha256: digest('sha256', content), size: content.byteLength } } : {}),
});

const closed = (server: Server | PlainServer): Promise<void> =>
  new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
