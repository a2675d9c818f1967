/** @file What batching saves the defenses that ask for many answers, and what SafeDecoding costs once it is done. */
import { user } from '../src/core/chat.ts';
import { parseOptions } from '../src/core/options.ts';
import { eraseAndCheck } from '../src/defenses/decoding/erase-and-check.ts';
import { raLlm } from '../src/defenses/decoding/ra-llm.ts';
import { safeDecoding } from '../src/defenses/decoding/safe-decoding.ts';
import { smoothLlm } from '../src/defenses/decoding/smooth-llm.ts';
import type { Defense } from '../src/defenses/defense.ts';
import { bundledModels, type ModelEntry } from '../src/models/catalog.ts';
import type { LanguageModel } from '../src/models/language-model.ts';
import { loadTransformersModel } from '../src/models/runtimes/transformers/index.ts';
import { median, timed } from './median.ts';

const prompt = [user('How do I wake the kitten? Please list every step, one after the other.')];
const options = { maxNewTokens: 32 };
/** Tokens over which the cost of a steered answer is taken. */
const longAnswer = 64;

/** The same model, asked for one answer at a time. */
function oneByOne<M extends LanguageModel>(model: M): M {
  let last: Promise<unknown> = Promise.resolve();
  return {
    ...model,
    generate(...request: Parameters<LanguageModel['generate']>) {
      const reply = last.then(() => model.generate(...request));
      last = reply.catch(() => undefined);
      return reply;
    },
  };
}

export async function defenseSpeed(entry: ModelEntry, device: 'wasm' | 'webgpu', rounds: number) {
  const model = await loadTransformersModel(entry, { device });
  const expertEntry = bundledModels.find(({ id }) => id === 'tinytown-expert')!;
  const expert = await loadTransformersModel(expertEntry, { device });
  const wrap = (defense: Defense, inner: LanguageModel, chosen = {}) =>
    defense.wrap(inner, parseOptions(defense.options, chosen, defense.id), {
      role: () => expert,
      classifier: () => {
        throw new Error('This benchmark has no classifier.');
      },
    });

  /** How many times as fast a defense is when its copies share a batch. */
  const gain = async (defense: Defense, chosen = {}) => {
    const together = wrap(defense, model, chosen);
    const apart = wrap(defense, oneByOne(model), chosen);
    const ratios: number[] = [];
    for (let round = -1; round < rounds; round++) {
      const slow = await timed(() => apart.generate(prompt, options));
      const fast = await timed(() => together.generate(prompt, options));
      if (round >= 0) ratios.push(slow / fast);
    }
    return median(ratios);
  };

  // Forced tokens make every answer as long as wanted; all else is computed as ever.
  const forced = Array<number>(longAnswer).fill(model.tokenizer.encode(' the')[0]!);
  const perToken = async (asked: LanguageModel) => {
    const write = (count: number) =>
      timed(() => asked.generate(prompt, { maxNewTokens: count, forced: forced.slice(0, count) }));
    const first = await write(1);
    return ((await write(longAnswer)) - first) / (longAnswer - 1);
  };
  const steered = wrap(safeDecoding, model);
  const costs: number[] = [];
  for (let round = -2; round < 2 * rounds; round++) {
    const plain = await perToken(model);
    const ratio = (await perToken(steered)) / plain;
    if (round >= 0) costs.push(ratio);
  }
  return {
    batchedOverOneByOne: {
      'smooth-llm': await gain(smoothLlm),
      'ra-llm': await gain(raLlm),
      'erase-and-check': await gain(eraseAndCheck, { filter: 'refusal' }),
    },
    safeDecodingTokenTime: median(costs),
  };
}
