/** @file Rewordings of a request by another model, written one at a time as the search needs them. */
import type { Behavior } from '../../../core/behavior.ts';
import { number } from '../../../core/options.ts';
import type { Random } from '../../../core/random.ts';
import { readRewriterReply } from '../../../core/rewriter-reply.ts';
import type { LanguageModel } from '../../../models/language-model.ts';
import { conversation } from '../../attack.ts';
import { ask } from '../ask.ts';
import { echoShare } from '../content-words.ts';
import type { Variant } from '../variants.ts';

export const rewriteOptions = {
  temperature: number({
    description: 'Temperature of the model that rewords the request.',
    default: 1,
    min: 0,
    max: 2,
  }),
  fidelity: number({
    description:
      "Least share of the request's own words that a rewording keeps, for weak models whose rewordings drift; the papers send all, as 0 does.",
    default: 0,
    min: 0,
    max: 1,
  }),
};

/** One instruction to the model that rewords. */
export interface RewriteInstruction {
  readonly name: string;
  readonly instruction: string;
}

interface RewriteContext {
  readonly temperature: number;
  readonly fidelity: number;
  readonly random: Random;
  readonly signal: AbortSignal;
}

/** Room for a rewording of `text` with an argument, and for what a model says around it, in tokens. */
const roomFor = (text: string) => 256 + text.length;

/** One variant per instruction. An unusable or repeated rewording, or one that has drifted, is shown but not sent. */
export async function* rewrites(
  behavior: Behavior,
  writer: LanguageModel,
  instructions: Iterable<RewriteInstruction>,
  { temperature, fidelity, random, signal }: RewriteContext,
): AsyncGenerator<Variant, void> {
  const earlier = new Set<string>();
  let index = 0;
  for (const { name, instruction } of instructions) {
    const reply = await ask(writer, instruction, {
      maxNewTokens: roomFor(behavior.prompt),
      sampling: { temperature, topP: 1 },
      random: random.fork(`rewrite ${index++}`),
      signal,
    });
    const { text, flaw } = readRewriterReply(reply, { original: behavior.prompt });
    const unsent =
      flaw !== null
        ? 'unusable'
        : earlier.has(text)
          ? 'duplicate'
          : echoShare(behavior.prompt, text) < fidelity
            ? 'drifted'
            : undefined;
    if (flaw === null) earlier.add(text);
    const messages = conversation(behavior, flaw === null ? text : reply);
    yield {
      name,
      messages,
      ...(unsent !== undefined && { unsent }),
      ...(flaw !== null && { note: { flaw } }),
    };
  }
}
