/** @file Rewordings of a request by another model, written one at a time as the search needs them. */
import type { Behavior } from '../../../core/behavior.ts';
import { number } from '../../../core/options.ts';
import type { Random } from '../../../core/random.ts';
import type { LanguageModel } from '../../../models/language-model.ts';
import { conversation } from '../../attack.ts';
import { ask } from '../ask.ts';
import { echoShare } from '../content-words.ts';
import type { Variant } from '../variants.ts';
import { readPlainProposal } from './structured-reply.ts';

export const rewriteOptions = {
  temperature: number({
    description: 'Temperature of the model that rewords the request.',
    default: 1,
    min: 0,
    max: 2,
  }),
  fidelity: number({
    description:
      "Least share of the request's own words that a rewording keeps; one that keeps fewer has drifted and is not sent.",
    default: 0.3,
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

/** Room for a rewording of `text`, in tokens, enough for a model that spells out every letter. */
const roomFor = (text: string) => 32 + text.length;

/** One variant per instruction. A rewording that is empty, has drifted or was tried before is shown but not sent. */
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
    const rewording = readPlainProposal(reply)?.prompt;
    const unsent =
      rewording === undefined
        ? 'unusable'
        : earlier.has(rewording)
          ? 'duplicate'
          : echoShare(behavior.prompt, rewording) < fidelity
            ? 'drifted'
            : undefined;
    if (rewording !== undefined) earlier.add(rewording);
    const messages = conversation(behavior, rewording ?? reply);
    yield { name, messages, ...(unsent !== undefined && { unsent }) };
  }
}
