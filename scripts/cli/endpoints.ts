/** @file `--endpoint`: the servers that a command may ask, with their keys, which never leave this process. */
import { InvalidArgumentError, Option, type Command } from 'commander';
import {
  endpointDefaults,
  readEndpointId,
  type EndpointSettings,
  type Send,
} from '../../src/models/endpoint.ts';
import { readAddress } from '../../src/models/endpoint-address.ts';
import { sendByFetch } from '../../src/models/runtimes/endpoint/send.ts';
import { badUsage, readInput } from './failure.ts';

const keyVariable = 'GLOVEBOX_ENDPOINT_KEY';

interface EndpointOptions {
  readonly endpoint?: readonly string[];
  readonly endpointConcurrency?: number;
  readonly endpointTimeout?: number;
  readonly endpointRetries?: number;
  readonly endpointRequests?: number;
  readonly endpointTokens?: number;
}

export interface GivenEndpoints {
  /** Without keys. */
  readonly settings: readonly EndpointSettings[];
  readonly send: Send;
}

/** A process runs one command. */
let given: GivenEndpoints | null = null;

/** Those of the command that runs; `null` without `--endpoint`. */
export const givenEndpoints = (): GivenEndpoints | null => given;

/** True for the id of a model behind an endpoint that was given. */
export const isBehindEndpoint = (id: string): boolean => {
  const named = readEndpointId(id);
  return named !== null && (given?.settings.some(({ name }) => name === named.endpoint) ?? false);
};

/** @throws CommandError 2 for an address that is none, or two endpoints of one name */
export function useEndpoints(options: EndpointOptions, env: NodeJS.ProcessEnv = process.env): void {
  const texts = options.endpoint ?? [];
  if (texts.length === 0) return;
  const withKeys = texts.map((text): EndpointSettings => {
    const [, name = '', address = text] = /^([\w-]+)=(.*)$/s.exec(text) ?? [];
    const variable = name === '' ? keyVariable : `${keyVariable}_${name.toUpperCase().replaceAll('-', '_')}`;
    return {
      ...endpointDefaults,
      name,
      address: readInput(() => readAddress(address)),
      key: readKey(variable, env[variable]),
      ...(options.endpointConcurrency !== undefined && { concurrency: options.endpointConcurrency }),
      ...(options.endpointTimeout !== undefined && { timeoutMs: options.endpointTimeout * 1000 }),
      ...(options.endpointRetries !== undefined && { retries: options.endpointRetries }),
      maxRequests: options.endpointRequests ?? null,
      maxTokens: options.endpointTokens ?? null,
    };
  });
  const senders = new Map(withKeys.map((one) => [one.name, sendByFetch(one)]));
  if (senders.size < withKeys.length)
    throw badUsage(
      'Two endpoints have the same name.',
      'Name each one: --endpoint judge=http://host:8000/v1',
    );
  given = {
    settings: withKeys.map((one) => ({ ...one, key: null })),
    send: (request) => senders.get(request.endpoint)!(request),
  };
}

/** @throws CommandError 2 that does not repeat the key */
function readKey(variable: string, text: string | undefined): string | null {
  const key = text?.trim() ?? '';
  if (key === '') return null;
  if (/^[\x21-\x7e]+$/.test(key)) return key;
  throw badUsage(`${variable} holds characters that no key has.`, 'Set it to the key alone, on one line.');
}

const counted = (least: number) => (text: string) => {
  if (/^\d{1,12}$/.test(text) && Number(text) >= least) return Number(text);
  throw new InvalidArgumentError(`It must be a whole number from ${least}.`);
};

/** `command` with the options that name endpoints and limit the requests to them. */
export const withEndpointOptions = (command: Command): Command =>
  command
    .addOption(
      new Option(
        '--endpoint <[name=]url>',
        `OpenAI-compatible server, whose models are endpoint:MODEL or endpoint.NAME:MODEL; its key is in ` +
          `${keyVariable} or ${keyVariable}_NAME; can be repeated`,
      ).argParser((text: string, earlier: readonly string[] | undefined) => [...(earlier ?? []), text]),
    )
    .option('--endpoint-concurrency <n>', 'most requests at once (default: 32)', counted(1))
    .option('--endpoint-timeout <s>', 'seconds that one try may take (default: 120)', counted(1))
    .option('--endpoint-retries <n>', 'tries after the first (default: 6)', counted(0))
    .option('--endpoint-requests <n>', 'budget: most tries in all', counted(1))
    .option('--endpoint-tokens <n>', 'budget: most tokens in all', counted(1));
