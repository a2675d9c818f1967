/** @file The gain of batching for defenses that ask for many answers, and the cost of SafeDecoding. */
import { user } from '../src/core/chat.ts';
import { parseOptions } from '../src/core/options.ts';
import { eraseAndCheck } from '../src/defenses/decoding/erase-and-check.ts';
import { raLlm } from '../src/defenses/decoding/ra-llm.ts';
import { safeDecoding } from '../src/defenses/decoding/safe-decoding.ts';
import { smoothLlm } from '../src/defenses/decoding/smooth-llm.ts';
import type { Defense } from '../src/defenses/defense.ts';
import { bundledModels, type ModelEntry } from '../src/models/catalog.ts';
import type { LanguageModel, ScoringModel } from '../src/models/language-model.ts';
import { loadTransformersModel } from '../src/models/runtimes/transformers/index.ts';
import { median, timed } from './median.ts';

const prompt = [user('How do I wake the kitten? Please list every step, one after the other.')];
const options = { maxNewTokens: 32 };
/** Tokens in the long answer. */
const longAnswer = 64;

/** The same model, which answers one request at a time. */
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

  /** Speed of a defense whose copies share a batch, over its speed when they are asked one by one. */
  const gain = async (defense: Defense, chosen = {}) => {
    const together = wrap(defense, model, chosen);
    const apart = wrap(defense, oneByOne(model), chosen);
    const ratios: number[] = [];
    for (let round = -1; round < Math.ceil(rounds / 8); round++) {
      const slow = await timed(() => apart.generate(prompt, options));
      const fast = await timed(() => together.generate(prompt, options));
      if (round >= 0) ratios.push(slow / fast);
    }
    return median(ratios);
  };

  return {
    batchedOverOneByOne: {
      'smooth-llm': await gain(smoothLlm),
      'ra-llm': await gain(raLlm),
      'erase-and-check': await gain(eraseAndCheck, { filter: 'refusal' }),
    },
    safeDecoding: await steeredOverPlain(model, wrap(safeDecoding, model), rounds),
  };
}

/**
 * The time behind SafeDecoding over the time without it, for an answer of 64 tokens, as medians over rounds. Each round
 * asks both models for a short and for the long answer, one right after the other and in alternating order, because the
 * machine's speed drifts; the first rounds are slow and not counted.
 */
async function steeredOverPlain(plain: ScoringModel, steered: LanguageModel, rounds: number) {
  // Forced tokens give every answer the same length; everything else is computed as usual.
  const forced = Array<number>(longAnswer).fill(plain.tokenizer.encode(' the')[0]!);
  const timeOf = (model: LanguageModel, count: number) =>
    timed(() => model.generate(prompt, { maxNewTokens: count, forced: forced.slice(0, count) }));
  const ratios = { token: [] as number[], answer: [] as number[], firstToken: [] as number[] };
  const warmUp = Math.ceil(rounds / 2);
  for (let round = 0; round < warmUp + rounds; round++) {
    const order = round % 2 === 0 ? [plain, steered] : [steered, plain];
    const times = new Map<LanguageModel, { short: number; long: number }>();
    const shorts: number[] = [];
    for (const model of order) shorts.push(await timeOf(model, 1));
    for (const [i, model] of order.entries())
      times.set(model, { short: shorts[i]!, long: await timeOf(model, longAnswer) });
    if (round < warmUp) continue;
    const [defended, undefended] = [times.get(steered)!, times.get(plain)!];
    ratios.token.push((defended.long - defended.short) / (undefended.long - undefended.short));
    ratios.answer.push(defended.long / undefended.long);
    ratios.firstToken.push(defended.short / undefended.short);
  }
  return {
    /** Per token after the first, from the difference between the long and the short answer. */
    tokenTime: median(ratios.token),
    /** For the whole answer; the prompt is read twice, by the model and by its expert. */
    answerTime: median(ratios.answer),
    firstTokenTime: median(ratios.firstToken),
  };
}
