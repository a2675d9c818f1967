/**
 * @file Models behind OpenAI-compatible servers (vLLM, llama.cpp, Ollama). Only the connected build holds this folder:
 * the sealed one talks to no server.
 */
import { LabError } from '../../../core/errors.ts';
import type { Abortable } from '../../decoding/abort.ts';
import { endpointId, readEndpointId, type EndpointSettings, type Send } from '../../endpoint.ts';
import type { LanguageModel } from '../../language-model.ts';
import { readAddress } from '../../endpoint-address.ts';
import { createEndpointModel } from './model.ts';
import { createRequester } from './requester.ts';
import { sendByFetch } from './send.ts';
import { describeServer, findListed } from './server.ts';

/** The servers that a session may ask. They share nothing; the models of one share its limits and its budget. */
export interface Endpoints {
  /** @throws LabError 'unknown-model', 'unreachable', or 'bad-input' when no server has this name */
  load(id: string, options?: Abortable): Promise<LanguageModel>;
  /** Ids of all models that the servers list. @throws LabError 'unreachable' */
  models(): Promise<readonly string[]>;
}

/**
 * @param send carries the requests; default: `fetch`
 * @throws LabError 'bad-input' for an address that is none
 */
export function connectEndpoints(settings: readonly EndpointSettings[], send?: Send | null): Endpoints {
  const connections = new Map(
    settings.map((given) => {
      const endpoint = { ...given, address: readAddress(given.address) };
      return [given.name, { endpoint, requester: createRequester(endpoint, send ?? sendByFetch(endpoint)) }];
    }),
  );
  return {
    async load(id, { signal } = {}) {
      const named = readEndpointId(id);
      const connection = named && connections.get(named.endpoint);
      if (!named || !connection)
        throw new LabError('bad-input', `No endpoint is connected for ${id}.`, {
          advice: 'Name the address of its server.',
        });
      const { endpoint, requester } = connection;
      const server = await describeServer(requester, signal);
      return createEndpointModel({
        id,
        listed: findListed(requester.host, server, named.model),
        server,
        requester,
        hasTokenBudget: endpoint.maxTokens !== null,
      });
    },
    async models() {
      const lists = await Promise.all(
        [...connections].map(async ([name, { requester }]) => {
          const { models } = await describeServer(requester);
          return (models ?? []).map(({ id }) => endpointId(name, id));
        }),
      );
      return lists.flat();
    },
  };
}
