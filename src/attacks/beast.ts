import { arxiv } from '../core/method.ts';
import { integer, number } from '../core/options.ts';
import { replaceSpan, textOfSpan } from '../models/prompt-span.ts';
import { conversation, defineAttack } from './attack.ts';
import { drawDistinct } from './parts/draws.ts';
import { answerTest } from './parts/success/checked-answer.ts';
import { judgeTexts } from './parts/success/judge-score.ts';
import { successNeeds, successTakes, testOptions } from './parts/success/options.ts';
import { claimOf } from './parts/success/verdict.ts';
import { placeSuffix, suffixSpan, suffixTokens, withSuffix } from './parts/suffix/suffix-prompt.ts';
import { crossEntropy, isCertain, targetBehindThought, targetOf } from './parts/target.ts';

interface Beam {
  readonly ids: readonly number[];
  readonly text: string;
  /** Cross-entropy of the target, nats per token. */
  readonly loss: number;
  /** Index among the beams of the previous step. */
  readonly parent: number;
  /** As `isCertain` of the target. */
  readonly certain: boolean;
}

/**
 * BEAST: a beam search for a suffix without gradients. Each beam is extended by tokens that the model itself finds
 * likely there, so the suffix reads well; the beams that make the target likeliest are kept.
 */
export const beast = defineAttack({
  id: 'beast',
  title: 'BEAST',
  paper: arxiv('2402.15570', 'Fast Adversarial Attacks on Language Models In One GPU Minute'),
  summary:
    'Lets the model write its own suffix, token by token, and keeps the beams that make the wanted opening likely.',
  differs:
    'The paper keeps 15 beams, tries 15 tokens after each and goes up to 40 tokens. Here tokens are drawn ' +
    'without replacement from printable ASCII; a suffix counts only if its text retokenizes to the ' +
    'tokens that were scored; the best suffix of any length is returned.' +
    targetBehindThought,
  access: 'grey-box',
  needs: [],
  needsWhen: successNeeds,
  takesWhen: successTakes,
  templates: judgeTexts,
  options: {
    length: integer({
      description: 'Most tokens of the suffix; the paper uses 40.',
      default: 20,
      min: 1,
      max: 200,
      unit: 'tokens',
    }),
    beams: integer({
      description: 'Suffixes kept in each step; the paper uses 15.',
      default: 8,
      min: 1,
      max: 128,
      unit: 'beams',
    }),
    samples: integer({
      description: 'Tokens tried after each suffix; the paper uses 15.',
      default: 8,
      min: 1,
      max: 128,
      unit: 'tokens',
    }),
    temperature: number({
      description: 'Temperature at which tokens are drawn.',
      default: 1,
      min: 0.05,
      max: 5,
    }),
    ...testOptions,
  },
  async *run(behavior, model, options, context) {
    const { random, signal } = context;
    const { tokenizer } = model;
    const place = placeSuffix(behavior);
    const span = suffixSpan(tokenizer, place);
    const target = tokenizer.encode(targetOf(behavior));
    const allowed = suffixTokens(tokenizer);
    const draws = random.fork('tokens');

    const score = async (candidates: readonly Omit<Beam, 'loss' | 'certain'>[]): Promise<Beam[]> => {
      const requests = candidates.map(({ ids }) => ({ prompt: replaceSpan(span, ids), target }));
      const scored = await model.logProbs(requests, { signal });
      return candidates.map((beam, i) => ({
        ...beam,
        loss: crossEntropy(scored[i]!),
        certain: isCertain(scored[i]!),
      }));
    };
    const plain = { prompt: tokenizer.prompt(conversation(behavior), { atAnswer: true }), target };
    const [logProbs] = await model.logProbs([plain], { signal });
    let best: Beam = { ids: [], text: '', loss: crossEntropy(logProbs!), parent: 0, certain: false };
    yield { step: 0, candidate: behavior.prompt, loss: best.loss, bestLoss: best.loss };

    const session = await model.open([span.prompt.slice(0, span.start)], { signal });
    let step = 0;
    try {
      let beams: readonly Beam[] = [best];
      while (step < options.length && !best.certain) {
        signal.throwIfAborted();
        const candidates = new Map<string, Omit<Beam, 'loss' | 'certain'>>();
        for (const [parent, { ids }] of beams.entries())
          for (const id of drawDistinct(
            session.logits(parent),
            allowed,
            options.samples,
            options.temperature,
            draws,
          )) {
            const longer = [...ids, id];
            const text = textOfSpan(tokenizer, place, span, longer, { atAnswer: true });
            if (text !== null) candidates.set(text, { ids: longer, text, parent });
          }
        if (candidates.size === 0) break;
        const scored = await score([...candidates.values()]);
        beams = scored.toSorted((a, b) => a.loss - b.loss).slice(0, options.beams);
        if (beams[0]!.loss < best.loss) best = beams[0]!;
        step++;
        yield {
          step,
          candidate: withSuffix(behavior.prompt, beams[0]!.text),
          loss: beams[0]!.loss,
          bestLoss: best.loss,
          detail: {
            suffix: beams[0]!.text,
            scored: scored.length,
            beams: beams.map(({ text, loss, parent }) => ({ text, loss, parent })),
          },
        };
        if (step === options.length || best.certain || context.spent()) break;
        await session.keep(beams.map(({ parent }) => parent));
        await session.advance(beams.map(({ ids }) => ids.at(-1)!));
      }
    } finally {
      await session.close();
    }
    const messages = best.text === '' ? conversation(behavior) : place(best.text);
    const { text } = await model.generate(messages, { maxNewTokens: options.testTokens, signal });
    const { verdict } = await answerTest(behavior, options, context).verdictOn({ messages }, text);
    return { messages, loss: best.loss, steps: step, claimed: claimOf(verdict) };
  },
});
