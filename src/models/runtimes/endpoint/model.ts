/** @file A model behind an OpenAI-compatible server: text in, text out, with the log-probs of the answer where it tells them. */
import { LabError } from '../../../core/errors.ts';
import type { GenerateOptions, Generation, LanguageModel } from '../../contract/black-box.ts';
import { refuseEdit } from '../../decoding/checks.ts';
import type { Served } from '../../endpoint.ts';
import { completionRequest, readCompletion, type Completion } from './completion.ts';
import { uncounted } from './errors.ts';
import type { Requester } from './requester.ts';
import type { ListedModel, Server } from './server.ts';

interface Parts {
  readonly id: string;
  readonly listed: ListedModel;
  readonly server: Server;
  readonly requester: Requester;
  /** True if tokens are counted against a budget. */
  readonly hasTokenBudget: boolean;
}

/**
 * The server applies its own chat template, and reads special tokens typed into a message as it likes. Its answers are
 * not promised to be the same a second time, although temperature and seed are sent.
 */
export function createEndpointModel({ id, listed, server, requester, hasTokenBudget }: Parts): LanguageModel {
  /** False once the server has refused to tell log-probs. */
  let tellsLogProbs = true;

  async function complete(
    messages: Parameters<LanguageModel['generate']>[0],
    options: GenerateOptions,
  ): Promise<Completion> {
    const ask = (topTokens: number) => {
      const request = completionRequest(listed.id, server.software, messages, { ...options, topTokens });
      return requester.ask(
        { path: 'chat/completions', body: JSON.stringify(request) },
        (text) => readCompletion(text, options.stop ?? []),
        options.signal,
      );
    };
    const wanted = tellsLogProbs ? (options.topTokens ?? 0) : 0;
    try {
      return await ask(wanted);
    } catch (error) {
      const isRefusal =
        error instanceof LabError && error.code === 'bad-input' && /logprob/i.test(error.message);
      if (wanted === 0 || !isRefusal) throw error;
      tellsLogProbs = false;
      return ask(0);
    }
  }

  return {
    id,
    access: 'black-box',
    // Of a server that does not tell, the limit is known when it refuses a prompt.
    contextWindow: listed.contextWindow ?? Infinity,
    async generate(messages, options): Promise<Generation> {
      refuseUnsupported(id, options);
      const { usage, filtered, ...answer } = await complete(messages, options);
      if (usage === null && hasTokenBudget) throw uncounted(requester.host);
      requester.spend((usage?.promptTokens ?? 0) + (usage?.completionTokens ?? 0));
      const tokens = (options.topTokens ?? 0) > 0 ? answer.tokens : [];
      let text = '';
      for (const token of tokens) options.onToken?.(token, (text += token.text));
      return {
        text: answer.text,
        finishReason: answer.finishReason,
        tokens,
        promptTokens: usage?.promptTokens ?? 0,
        completionTokens: usage?.completionTokens ?? 0,
        events: filtered ? [{ defense: id, action: 'blocked', reason: "The server's own filter." }] : [],
        served: servedBy(requester.host, listed.id, server, answer),
      };
    },
  };
}

function servedBy(
  host: string,
  asked: string,
  { version }: Server,
  { model, fingerprint }: Pick<Completion, 'model' | 'fingerprint'>,
): Served {
  const told = [version, fingerprint].filter((part) => part !== null);
  return {
    host,
    model: model ?? asked,
    version: told.length === 0 ? null : told.join(' '),
    reproducible: false,
  };
}

/** @throws LabError 'not-supported' for what takes more than text in, text out */
function refuseUnsupported(id: string, options: GenerateOptions): void {
  refuseEdit(id, options);
  const [asked] = (['policy', 'forced', 'pieces'] as const).filter((name) => options[name] !== undefined);
  const isControl = options.specialTokens !== undefined && options.specialTokens !== 'text';
  if (asked === undefined && !isControl) return;
  throw new LabError('not-supported', `${id} is behind an endpoint, which takes text only.`, {
    advice: 'Pick a method that needs black-box access, or a model that runs in the lab.',
  });
}
