/** @file A model behind an OpenAI-compatible server: text in, text out, with the log-probs of the answer where it tells them. */
import { LabError } from '../../../core/errors.ts';
import type { GenerateOptions, Generation, LanguageModel } from '../../contract/black-box.ts';
import { refuseBeyondText } from '../../decoding/checks.ts';
import type { Served } from '../../endpoint.ts';
import { checkSettings, type PromptSettings } from '../../prompt-settings.ts';
import { completionRequest, readCompletion, takesTemplateVariables, type Completion } from './completion.ts';
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

interface Asked {
  readonly completion: Completion;
  readonly templateSettings: NonNullable<Served['templateSettings']>;
}

/** What the server has refused to do so far. The views of one model share it. */
interface Refused {
  logProbs: boolean;
  templateVariables: boolean;
}

/**
 * The server applies its own chat template, and reads special tokens typed into a message as it likes. Its answers are
 * not promised to be the same a second time, although temperature and seed are sent.
 */
export const createEndpointModel = (parts: Parts): LanguageModel =>
  withSettings(parts, {}, { logProbs: false, templateVariables: false });

function withSettings(parts: Parts, settings: PromptSettings, refused: Refused): LanguageModel {
  const { id, listed, server, requester, hasTokenBudget } = parts;
  const { software } = server;

  async function complete(
    messages: Parameters<LanguageModel['generate']>[0],
    options: GenerateOptions,
    without: Readonly<Refused> = refused,
  ): Promise<Asked> {
    const topTokens = without.logProbs ? 0 : (options.topTokens ?? 0);
    const isSent = takesTemplateVariables(software) && !without.templateVariables;
    const to = { model: listed.id, software, settings: isSent ? settings : null };
    const request = completionRequest(to, messages, { ...options, topTokens });
    try {
      const completion = await requester.ask(
        { path: 'chat/completions', body: JSON.stringify(request) },
        (text) => readCompletion(text, options.stop ?? []),
        options.signal,
      );
      return { completion, templateSettings: isSent ? 'sent' : 'not-sent' };
    } catch (error) {
      const refusal = error instanceof LabError && error.code === 'bad-input' ? error.message : '';
      const what: keyof Refused | null =
        topTokens > 0 && /logprob/i.test(refusal)
          ? 'logProbs'
          : isSent && /chat.?template/i.test(refusal)
            ? 'templateVariables'
            : null;
      if (what === null) throw error;
      const asked = await complete(messages, options, { ...without, [what]: true });
      refused[what] = true; // that was the reason, as the request went through without it
      return asked;
    }
  }

  return {
    id,
    access: 'black-box',
    // Of a server that does not tell, the limit is known when it refuses a prompt.
    contextWindow: listed.contextWindow ?? Infinity,
    async generate(messages, options): Promise<Generation> {
      refuseBeyondText(`${id} is behind an endpoint, which`, id, options);
      const { completion, templateSettings } = await complete(messages, options);
      const { usage, filtered, thoughts, ...answer } = completion;
      if (usage !== null) requester.spend(usage.promptTokens + usage.completionTokens);
      else if (hasTokenBudget) throw uncounted(requester.host);
      const tokens = (options.topTokens ?? 0) > 0 ? answer.tokens : [];
      let text = '';
      for (const token of tokens) options.onToken?.(token, (text += token.text));
      return {
        text: answer.text,
        ...(thoughts !== null && { thoughts }),
        finishReason: answer.finishReason,
        tokens,
        promptTokens: usage?.promptTokens ?? null,
        completionTokens: usage?.completionTokens ?? null,
        events: filtered ? [{ defense: id, action: 'blocked', reason: "The server's own filter." }] : [],
        served: { ...servedBy(requester.host, listed.id, server, answer), templateSettings },
      };
    },
    withPrompts(other) {
      checkSettings(other);
      return withSettings(parts, other, refused);
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
