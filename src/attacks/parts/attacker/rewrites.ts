/** @file Rewordings of a request by another model, made one at a time while the search goes on. */
import type { Behavior } from '../../../core/behavior.ts';
import { number } from '../../../core/options.ts';
import type { Random } from '../../../core/random.ts';
import type { LanguageModel } from '../../../models/language-model.ts';
import { conversation } from '../../attack.ts';
import { ask } from '../ask.ts';
import { echoShare } from '../content-words.ts';
import { readPlainProposal } from './structured-reply.ts';
import type { Variant } from '../variants.ts';

export const rewriteOptions = {
  temperature: number({
    description: 'Temperature of the model that rewords.',
    default: 1,
    min: 0,
    max: 2,
  }),
  fidelity: number({
    description:
      "Least share of the request's own words that a rewording keeps; those that keep less have drifted and are not sent.",
    default: 0.3,
    min: 0,
    max: 1,
  }),
};

/** One order to the model that rewords. */
export interface Order {
  readonly name: string;
  readonly instruction: string;
}

interface Rewriting {
  readonly temperature: number;
  readonly fidelity: number;
  readonly random: Random;
  readonly signal: AbortSignal;
}

/** Roughly the tokens of a text, for a model that may spell out every letter of it. */
const roomFor = (text: string) => 32 + text.length;

/** One variant an order. A rewording that says nothing, has drifted or was tried before is shown but not sent. */
export async function* rewrites(
  behavior: Behavior,
  writer: LanguageModel,
  orders: Iterable<Order>,
  { temperature, fidelity, random, signal }: Rewriting,
): AsyncGenerator<Variant, void> {
  const tried = new Set<string>();
  let index = 0;
  for (const { name, instruction } of orders) {
    const reply = await ask(writer, instruction, {
      maxNewTokens: roomFor(behavior.prompt),
      sampling: { temperature, topP: 1 },
      random: random.fork(`rewrite ${index++}`),
      signal,
    });
    const rewritten = readPlainProposal(reply)?.prompt;
    const unsent =
      rewritten === undefined
        ? 'unusable'
        : tried.has(rewritten)
          ? 'duplicate'
          : echoShare(behavior.prompt, rewritten) < fidelity
            ? 'drifted'
            : undefined;
    if (rewritten !== undefined) tried.add(rewritten);
    const messages = conversation(behavior, rewritten ?? reply);
    yield { name, messages, ...(unsent !== undefined && { unsent }) };
  }
}
