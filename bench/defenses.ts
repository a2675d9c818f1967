/** @file What batching saves the defenses that ask for many answers, and what SafeDecoding costs once it is done. */
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
/** Tokens of the answer whose cost is taken. */
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
 * What SafeDecoding costs an answer of 64 tokens, as medians of ratios to the undefended loop. Each round asks both
 * models for a short and for the long answer, neighbours in time and in changing order, because the machine's speed
 * drifts and its first rounds are slow.
 */
async function steeredOverPlain(plain: ScoringModel, steered: LanguageModel, rounds: number) {
  // Forced tokens make every answer as long as wanted; all else is computed as ever.
  const forced = Array<number>(longAnswer).fill(plain.tokenizer.encode(' the')[0]!);
  const write = (asked: LanguageModel, count: number) =>
    timed(() => asked.generate(prompt, { maxNewTokens: count, forced: forced.slice(0, count) }));
  const ratios = { token: [] as number[], answer: [] as number[], firstToken: [] as number[] };
  const warmUp = Math.ceil(rounds / 2);
  for (let round = 0; round < warmUp + rounds; round++) {
    const order = round % 2 === 0 ? [plain, steered] : [steered, plain];
    const times = new Map<LanguageModel, { short: number; long: number }>();
    const shorts: number[] = [];
    for (const asked of order) shorts.push(await write(asked, 1));
    for (const [i, asked] of order.entries())
      times.set(asked, { short: shorts[i]!, long: await write(asked, longAnswer) });
    if (round < warmUp) continue;
    const [ours, theirs] = [times.get(steered)!, times.get(plain)!];
    ratios.token.push((ours.long - ours.short) / (theirs.long - theirs.short));
    ratios.answer.push(ours.long / theirs.long);
    ratios.firstToken.push(ours.short / theirs.short);
  }
  return {
    /** Of the tokens after the first, from the difference of the long and the short answer. */
    tokenTime: median(ratios.token),
    /** Of the whole answer, with the prompt read twice: by the model and by its expert. */
    answerTime: median(ratios.answer),
    firstTokenTime: median(ratios.firstToken),
  };
}
