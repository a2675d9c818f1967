import { arxiv } from '../core/method.ts';
import { choice, integer, number } from '../core/options.ts';
import { isEmptyResponse, isRefusal } from '../core/refusal.ts';
import { locateSpan, replaceSpan, textOfSpan } from '../models/prompt-span.ts';
import { conversation, defineAttack } from './attack.ts';
import { drawSwap, predictedGains, rankSwaps } from './parts/coordinate.ts';
import {
  crossEntropy,
  exclamationMarks,
  mellowmax,
  suffixTokens,
  targetOf,
  withSuffix,
} from './parts/target.ts';

interface Candidate {
  readonly ids: readonly number[];
  readonly suffix: string;
  /** Cross-entropy of the target, nats per token. */
  readonly loss: number;
  /** What the search minimizes: the loss, or its mellowmax. */
  readonly objective: number;
  /** Every target token has more than half of the mass, so greedy decoding is sure to write the target. */
  readonly certain: boolean;
}

/** Draws for one candidate that survives retokenization, before the step makes do with fewer. */
const drawsPerCandidate = 4;

/**
 * Greedy coordinate gradient: swap suffix tokens where the gradient of the target loss promises most, score the swaps
 * by a forward pass, move to the best, repeat.
 * The paper's defaults are 500 steps, 512 candidates and the 256 best swaps a position; ours suit a laptop.
 * Differs from the paper: positions are drawn at random rather than dealt in turn; every candidate is checked to
 * encode to its own ids in context, so the loss is that of the string; the best suffix ever seen is what is returned;
 * one behavior and one model at a time. `mellowmax` only ranks candidates (of −log-probs, where nanoGCG takes raw
 * logits); the gradient stays that of the mean. The attack buffer starts with one entry and fills as it goes.
 */
export const gcg = defineAttack({
  id: 'gcg',
  title: 'GCG',
  paper: arxiv('2307.15043', 'Universal and Transferable Adversarial Attacks on Aligned Language Models'),
  summary: 'Grows a suffix, token by token along the gradient, that makes the wanted opening likely.',
  access: 'white-box',
  needs: [],
  taxonomy: [],
  options: {
    steps: integer({ description: 'Gradient steps.', default: 50, min: 1, max: 5000 }),
    suffixLength: integer({
      description: 'Exclamation marks that the suffix starts from.',
      default: 20,
      min: 1,
      max: 100,
    }),
    candidates: integer({
      description: 'Suffixes scored in each step.',
      default: 64,
      min: 1,
      max: 2048,
    }),
    topK: integer({
      description: 'Swaps considered at each position, best by gradient.',
      default: 64,
      min: 1,
      max: 2048,
    }),
    replacements: integer({
      description: 'Positions that one candidate changes.',
      default: 1,
      min: 1,
      max: 20,
    }),
    testEvery: integer({
      description: 'Steps between tests by greedy generation; 0 never tests.',
      default: 10,
      min: 0,
      max: 1000,
      unit: 'steps',
    }),
    testTokens: integer({
      description: 'Tokens written in a test; never fewer than the target has.',
      default: 32,
      min: 1,
      max: 512,
      unit: 'tokens',
    }),
    success: choice({
      description:
        'What ends the search: the answer opens with the target, or (as in the paper) is no refusal.',
      choices: ['target', 'no-refusal'],
      default: 'target',
    }),
    buffer: integer({
      description: 'Best suffixes kept to go on from; 0 always goes on from the latest.',
      default: 0,
      min: 0,
      max: 64,
    }),
    objective: choice({
      description: 'What ranks the candidates.',
      choices: ['cross-entropy', 'mellowmax'],
      default: 'cross-entropy',
    }),
    sharpness: number({
      description: 'Mellowmax only: near 0 it is the mean of the token losses, large the worst of them.',
      default: 1,
      min: 0.01,
      max: 100,
    }),
  },
  async *run(behavior, model, options, { random, signal }) {
    const { tokenizer } = model;
    const place = (suffix: string) => conversation(behavior, withSuffix(behavior.prompt, suffix));
    const targetText = targetOf(behavior);
    const target = tokenizer.encode(targetText);
    const allowed = suffixTokens(tokenizer);
    const draws = random.fork('swaps');
    const initial = exclamationMarks(options.suffixLength);
    const span = locateSpan(tokenizer, place, initial);

    const evaluate = async (texts: ReadonlyMap<string, readonly number[]>): Promise<Candidate[]> => {
      const requests = Array.from(texts.values(), (ids) => ({ prompt: replaceSpan(span, ids), target }));
      const scored = await model.logProbs(requests, { signal });
      return Array.from(texts, ([suffix, ids], i): Candidate => {
        const logProbs = scored[i]!;
        const loss = crossEntropy(logProbs);
        return {
          ids,
          suffix,
          loss,
          objective:
            options.objective === 'mellowmax'
              ? mellowmax(
                  logProbs.map((value) => -value),
                  options.sharpness,
                )
              : loss,
          certain: logProbs.every((value) => value > Math.log(0.5)),
        };
      });
    };
    /** Distinct suffixes, unlike the present one, that reach the model as the very ids that will be scored. */
    const propose = (from: Candidate, swaps: readonly (readonly number[])[]) => {
      const found = new Map<string, readonly number[]>();
      for (let draw = 0; draw < options.candidates * drawsPerCandidate; draw++) {
        const ids = drawSwap(from.ids, swaps, options.replacements, draws);
        const suffix = textOfSpan(tokenizer, place, span, ids);
        if (suffix !== null && suffix !== from.suffix) found.set(suffix, ids);
        if (found.size === options.candidates) break;
      }
      return found;
    };
    const test = async ({ suffix }: Candidate) => {
      const maxNewTokens = Math.max(options.testTokens, target.length);
      const { text } = await model.generate(place(suffix), { maxNewTokens, signal });
      const passed =
        options.success === 'target'
          ? text.trim().startsWith(targetText.trim())
          : !isRefusal(text) && !isEmptyResponse(text);
      return { reply: text, passed };
    };

    let [current] = (await evaluate(new Map([[initial, span.prompt.slice(span.start, span.end)]]))) as [
      Candidate,
    ];
    let best = current;
    let pool = [current];
    yield { step: 0, candidate: withSuffix(behavior.prompt, initial), loss: best.loss, bestLoss: best.loss };

    let step = 0;
    let done = best.certain;
    while (!done && step < options.steps) {
      step++;
      signal.throwIfAborted();
      const { start, end } = span;
      const gradient = await model.tokenGradient(
        { prompt: replaceSpan(span, current.ids), start, end, target },
        { signal },
      );
      const swaps = rankSwaps(gradient, current.ids, allowed, options.topK);
      const proposals = propose(current, swaps);
      const gains = predictedGains(gradient, current.ids, swaps);
      const tokens = current.ids.map((id) => tokenizer.decode([id]));

      const scored = proposals.size > 0 ? await evaluate(proposals) : [];
      for (const candidate of scored) if (candidate.loss < best.loss) best = candidate;
      const [winner] = scored.toSorted((a, b) => a.objective - b.objective);
      if (winner) {
        pool = [winner, ...pool].toSorted((a, b) => a.objective - b.objective).slice(0, options.buffer);
        current = pool[0] ?? winner;
      }
      const due = options.testEvery > 0 && step % options.testEvery === 0;
      const verdict = due ? await test(best) : null;
      done = best.certain || verdict?.passed === true;
      yield {
        step,
        candidate: withSuffix(behavior.prompt, current.suffix),
        loss: current.loss,
        bestLoss: best.loss,
        // `tokens` and `gains` describe the suffix that this step set out from.
        detail: { suffix: current.suffix, tokens, gains, scored: scored.length, ...verdict },
      };
    }
    return { messages: place(best.suffix), loss: best.loss, steps: step };
  },
});
