/**
 * @file What the browser is told to enforce: the one list of hosts that the app may ever talk to, and the headers that
 * every response of the site carries. The build, the local server and the service worker all read it from here.
 * Pages and workers may connect to this site only. The service worker alone has a policy that names the hubs, or one that
 * allows any https address once the user has set a mirror. A connected
 * build adds the origins of servers that were named when it was built, and nothing else.
 */
import { connection } from '../../core/connection.ts';

/** Hosts that the service worker may ask; `*.` stands for any subdomain, from which large files come. */
export const hubHosts = [
  'huggingface.co',
  '*.huggingface.co',
  '*.hf.co',
  'api.github.com',
  'raw.githubusercontent.com',
] as const;

export const isHubHost = (hostname: string): boolean =>
  hubHosts.some((host) => (host.startsWith('*.') ? hostname.endsWith(host.slice(1)) : hostname === host));

/** File name of the service worker's script, which lies in the app's folder. */
export const serviceWorkerFile = 'service.worker.js';

/** The same script for users who set a mirror: a policy cannot know its address, so this one allows any. */
export const mirrorWorkerFile = 'service.worker.mirror.js';

type Directives = readonly (readonly [name: string, ...values: string[]])[];

const pageDirectives = (endpoints: readonly string[]): Directives => [
  ['default-src', "'none'"],
  ['script-src', "'self'", "'wasm-unsafe-eval'"],
  // Training threads start from blob URLs; a blob made by this page inherits this policy.
  ['worker-src', "'self'", 'blob:'],
  ['connect-src', "'self'", ...endpoints],
  ['style-src', "'self'"],
  ['font-src', "'self'"],
  ['img-src', "'self'", 'data:'],
  ['manifest-src', "'self'"],
  ['base-uri', "'none'"],
  ['form-action', "'none'"],
];

const serviceWorkerDirectives = (sources: readonly string[]): Directives => [
  ['default-src', "'none'"],
  ['script-src', "'self'"],
  ['connect-src', "'self'", ...sources],
];
const hubSources = hubHosts.map((host) => `https://${host}`);
const mirrorSources = ['https:', 'http://localhost:*', 'http://127.0.0.1:*'];

const policyText = (list: Directives) => list.map((directive) => directive.join(' ')).join('; ');

/** Features that could reach a device or another party, and that the app never uses. */
const deniedFeatures = [
  'bluetooth',
  'camera',
  'display-capture',
  'geolocation',
  'hid',
  'identity-credentials-get',
  'microphone',
  'midi',
  'otp-credentials',
  'payment',
  'publickey-credentials-get',
  'serial',
  'usb',
];

export interface SitePolicy {
  /** For a `<meta>` element, where `frame-ancestors` has no effect. */
  readonly meta: string;
  /** Cross-origin isolation (threads), the content policy, no referrer and no look-up of names for other hosts. */
  readonly headers: Readonly<Record<string, string>>;
  /** @param path of the request, without its query */
  headersFor(path: string): Readonly<Record<string, string>>;
}

/** @param endpoints origins of the servers that a connected build may ask; none for the sealed build */
export function policyWith(endpoints: readonly string[]): SitePolicy {
  const page = pageDirectives(endpoints);
  const headers = {
    'Content-Security-Policy': policyText([...page, ['frame-ancestors', "'none'"]]),
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Cross-Origin-Embedder-Policy': 'require-corp',
    'Cross-Origin-Resource-Policy': 'same-origin',
    'Permissions-Policy': deniedFeatures.map((feature) => `${feature}=()`).join(', '),
    'Referrer-Policy': 'no-referrer',
    'X-Content-Type-Options': 'nosniff',
    'X-DNS-Prefetch-Control': 'off',
  };
  /** For the scripts of the service worker alone. */
  const workerHeaders = (sources: readonly string[]) => ({
    ...headers,
    'Content-Security-Policy': policyText(serviceWorkerDirectives([...sources, ...endpoints])),
  });
  const scripts: Readonly<Record<string, Readonly<Record<string, string>>>> = {
    [serviceWorkerFile]: workerHeaders(hubSources),
    [mirrorWorkerFile]: workerHeaders(mirrorSources),
  };
  return {
    meta: policyText(page),
    headers,
    headersFor: (path) => scripts[path.split('/').at(-1)!] ?? headers,
  };
}

/** Of this build; of the sealed one outside of the app. */
export const { meta: metaPolicy, headers: sealHeaders, headersFor } = policyWith(connection?.origins ?? []);

/** The same response with the seal's headers on it. Consumes `response`. */
export function sealed(response: Response): Response {
  const headers = new Headers(response.headers);
  for (const [name, value] of Object.entries(sealHeaders)) headers.set(name, value);
  // The body arrives decoded, so what described its encoding no longer holds.
  for (const name of ['content-encoding', 'content-length'])
    if (headers.has('content-encoding')) headers.delete(name);
  const { status, statusText } = response;
  return new Response(response.body, { status, statusText, headers });
}
