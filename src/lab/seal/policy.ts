/**
 * @file What the browser is told to enforce: the one list of hosts the app may ever talk to, and the headers that
 * every response of the site carries. The build, the local server and the service worker all read it from here.
 */

/** Hosts that model files come from; `*.` stands for any subdomain. Everything else is refused by the browser. */
export const hubHosts = [
  'huggingface.co',
  '*.huggingface.co',
  '*.hf.co',
  'raw.githubusercontent.com',
] as const;

export const isHubHost = (hostname: string): boolean =>
  hubHosts.some((host) => (host.startsWith('*.') ? hostname.endsWith(host.slice(1)) : hostname === host));

const directives: readonly (readonly [name: string, ...values: string[]])[] = [
  ['default-src', "'none'"],
  ['script-src', "'self'", "'wasm-unsafe-eval'"],
  // Training threads start from blob URLs; a blob made by this page inherits this policy.
  ['worker-src', "'self'", 'blob:'],
  ['connect-src', "'self'", ...hubHosts.map((host) => `https://${host}`)],
  ['style-src', "'self'"],
  ['font-src', "'self'"],
  ['img-src', "'self'", 'data:'],
  ['manifest-src', "'self'"],
  ['base-uri', "'none'"],
  ['form-action', "'none'"],
];

const policyText = (list: typeof directives) => list.map((directive) => directive.join(' ')).join('; ');

/** For a `<meta>` element, where `frame-ancestors` has no effect. */
export const metaPolicy = policyText(directives);
export const headerPolicy = policyText([...directives, ['frame-ancestors', "'none'"]]);

/** Cross-origin isolation (threads), the content policy, and no referrer for other hosts. */
export const sealHeaders: Readonly<Record<string, string>> = {
  'Content-Security-Policy': headerPolicy,
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
};

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
