/** @file A server as the page's form names it: checked before anything is sent, and with the usual limits. */
import { LabError } from '../../core/errors.ts';
import { excerpt } from '../../core/excerpt.ts';
import { readAddress } from '../../models/endpoint-address.ts';
import { endpointDefaults, type EndpointSettings } from '../../models/endpoint.ts';

export { endpointId } from '../../models/endpoint.ts';

export interface ServerFields {
  readonly address: string;
  /** Empty for the only server; its models are then `endpoint:MODEL`. */
  readonly name: string;
  /** Empty: none. */
  readonly key: string;
  readonly concurrency: number;
  /** Most tries in all; `null`, or `undefined` as an empty field gives it: no limit. */
  readonly maxRequests: number | null | undefined;
}

export interface PageFacts {
  /** Of servers that this build may ask. */
  readonly origins: readonly string[];
  /** Origin of the page itself. */
  readonly own: string;
}

const isLoopback = (hostname: string) => /^(localhost|127(\.\d+){3}|\[::1\])$|\.localhost$/.test(hostname);

/** @throws LabError 'bad-input' for fields that make no sense, and for a server that the browser will not let the page ask */
export function serverSettings(fields: ServerFields, { origins, own }: PageFacts): EndpointSettings {
  const address = readAddress(fields.address.trim());
  const { origin, protocol, hostname } = new URL(address);
  if (!origins.includes(origin))
    throw new LabError(
      'bad-input',
      `This build may ask ${origins.length === 0 ? 'no server' : `only ${origins.join(', ')}`}, and ${origin} is another.`,
      { advice: `Build it again: GLOVEBOX_ENDPOINTS="${origin}" npm run build -- --mode connected` },
    );
  if (own.startsWith('https:') && protocol === 'http:' && !isLoopback(hostname))
    throw new LabError('bad-input', `A page that came by https may not ask ${origin}, which has none.`, {
      advice: 'Serve the model by https, or open this page by http on your own network.',
    });
  const name = fields.name.trim();
  if (!/^[\w-]{0,60}$/.test(name))
    throw new LabError('bad-input', `"${excerpt(name)}" cannot be the name of a server.`, {
      advice: 'Use letters, digits, "-" and "_".',
    });
  const key = fields.key.trim();
  if (!/^[\x21-\x7e]*$/.test(key))
    throw new LabError('bad-input', 'The key holds characters that no key has.', {
      advice: 'Paste the key alone, without blanks.',
    });
  for (const [what, value] of [
    ['Requests at once', fields.concurrency],
    ['Most requests', fields.maxRequests ?? 1],
  ] as const)
    if (!Number.isSafeInteger(value) || value < 1)
      throw new LabError('bad-input', `${what} must be a whole number from 1.`, {
        advice: 'Correct the number.',
      });
  return {
    ...endpointDefaults,
    name,
    address,
    key: key === '' ? null : key,
    concurrency: fields.concurrency,
    maxRequests: fields.maxRequests ?? null,
  };
}

/** For a check, which a user waits for: one more try, and no long wait. */
export const forCheck = (settings: EndpointSettings): EndpointSettings => ({
  ...settings,
  timeoutMs: 30_000,
  retries: 1,
});

/** What to do about a server that a page could not reach, where the browser does not say why. */
export const unreachedAdvice = (own: string): string =>
  `Either nothing answers at this address, or its server does not let pages of ${own} ask it (CORS); browsers do not tell which. ` +
  `vLLM lets them by default (--allowed-origins), llama.cpp always, Ollama with OLLAMA_ORIGINS=${own}.`;
