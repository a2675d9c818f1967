import { LabError } from '../core/errors.ts';
import { arxiv } from '../core/method.ts';
import { integer, number } from '../core/options.ts';
import { rounded } from '../core/vectors.ts';
import type { ModelEdit, WhiteBoxModel } from '../models/language-model.ts';
import { conversation, defineAttack } from './attack.ts';
import { labelReply } from './parts/refusal.ts';
import { crossEntropy, targetOf } from './parts/target.ts';

type Vectors = readonly (readonly number[])[];

const editOf = (vectors: Vectors): ModelEdit => ({ softTokens: { vectors, at: 'user-end' } });

/** What each search starts from, `count` times. */
const startToken = ' !';

/** The embedding of the first token of `text`: what the residual stream holds before the first layer. */
async function embeddingOf(model: WhiteBoxModel, text: string, signal: AbortSignal): Promise<number[]> {
  const ids = model.tokenizer.encode(text).slice(0, 1);
  const [embedding] = await model.hiddenStates(ids, { signal });
  return rounded(embedding!);
}

/** Root of the mean square of all entries. */
const rms = (vectors: Vectors): number =>
  Math.sqrt(vectors.flat().reduce((sum, value) => sum + value * value, 0) / vectors.flat().length);

/**
 * Embedding-space attack: vectors behind the request that stand for no token, moved by the sign of the gradient until
 * the model wants to open with the target. Whoever holds the weights can do this, and only they: it bounds from above
 * what prompts can do.
 */
export const embeddingAttack = defineAttack({
  id: 'embedding-attack',
  title: 'Embedding-space attack',
  paper: arxiv(
    '2402.09063',
    'Soft Prompt Threats: Attacking Safety Alignment and Unlearning in Open-Source LLMs through the Embedding Space',
  ),
  summary: 'Moves free vectors in the prompt along the gradient until the model opens as wanted.',
  differs:
    'The paper moves 20 vectors by steps of 0.001 for Llama 2, about a tenth of what its embeddings ' +
    'measure. Here the step is a share of the root mean square of the embedding that the vectors start ' +
    'from; the best vectors ever seen are returned, rounded to single precision, and their loss is that ' +
    'of the rounded vectors; intermediate layers are not decoded.',
  access: 'white-box',
  needs: [],
  options: {
    count: integer({
      description: 'Vectors; the paper has 20.',
      default: 10,
      min: 1,
      max: 100,
      unit: 'vectors',
    }),
    steps: integer({
      description: 'Gradient steps; the paper has 100.',
      default: 60,
      min: 1,
      max: 5000,
      unit: 'steps',
    }),
    stepSize: number({
      description:
        'How far each entry moves in a step, as a share of the size of the embedding; the paper has some 0.1 of it, 0.001 for Llama 2.',
      default: 0.1,
      min: 0.0001,
      max: 10,
    }),
    stopLoss: number({
      description: 'Loss that ends the search; at 0 it never ends early.',
      default: 0.05,
      min: 0,
      max: 10,
      unit: 'nats per token',
    }),
    testTokens: integer({
      description: 'Tokens written to see what the model makes of it.',
      default: 32,
      min: 1,
      max: 512,
      unit: 'tokens',
    }),
  },
  async *run(behavior, model, options, { signal }) {
    const messages = conversation(behavior);
    const target = model.tokenizer.encode(targetOf(behavior));
    const start = await embeddingOf(model, startToken, signal);
    let vectors: Vectors = Array.from({ length: options.count }, () => start);
    const stride = options.stepSize * rms(vectors);

    /** Loss at `vectors`, and its gradient there. */
    const look = async () => {
      const view = model.edited(editOf(vectors));
      try {
        const prompt = view.tokenizer.prompt(messages);
        const at = prompt.findIndex((id) => id >= model.tokenizer.vocabSize);
        if (at < 0)
          throw new LabError('not-supported', `${model.id} does not take vectors in its prompts.`, {
            advice: 'Use the white-box runtime.',
          });
        const request = { prompt, target, start: at, end: at + options.count };
        const [logProbs] = await view.logProbs([request], { signal });
        const gradient = await view.embeddingGradient(request, { signal });
        return { loss: crossEntropy(logProbs!), gradient };
      } finally {
        view.dispose();
      }
    };

    let best = { vectors, loss: Infinity };
    let step = 0;
    for (;;) {
      signal.throwIfAborted();
      const { loss, gradient } = await look();
      if (loss < best.loss) best = { vectors, loss };
      yield { step, candidate: behavior.prompt, loss, bestLoss: best.loss };
      if (step === options.steps || best.loss <= options.stopLoss) break;
      const width = start.length;
      vectors = vectors.map((vector, row) =>
        rounded(vector.map((value, i) => value - stride * Math.sign(gradient[row * width + i]!))),
      );
      step++;
    }
    const edit = editOf(best.vectors);
    const { text } = await model.generate(messages, { edit, maxNewTokens: options.testTokens, signal });
    return { messages, edit, loss: best.loss, steps: step, claimed: labelReply(text) === 'answered' };
  },
});
