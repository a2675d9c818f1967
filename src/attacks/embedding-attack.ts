import { LabError } from '../core/errors.ts';
import { arxiv } from '../core/method.ts';
import { integer, number } from '../core/options.ts';
import { rounded } from '../core/vectors.ts';
import type { ModelEdit, WhiteBoxModel } from '../models/language-model.ts';
import { conversation, defineAttack } from './attack.ts';
import { answerTest } from './parts/success/checked-answer.ts';
import { judgeTexts } from './parts/success/judge-score.ts';
import { successNeeds, successTakes, testOptions } from './parts/success/options.ts';
import { claimOf } from './parts/success/verdict.ts';
import { crossEntropy, targetBehindThought, targetOf } from './parts/target.ts';

type Vectors = readonly (readonly number[])[];

const editOf = (vectors: Vectors): ModelEdit => ({ softTokens: { vectors, at: 'user-end' } });

/** The initial vectors are `count` copies of its embedding. */
const startToken = ' !';

/** The embedding of the first token of `text`. */
async function embeddingOf(model: WhiteBoxModel, text: string, signal: AbortSignal): Promise<number[]> {
  const ids = model.tokenizer.encode(text).slice(0, 1);
  return rounded(await model.embeddings(ids, { signal }));
}

/** Root mean square of all entries. */
const rms = (vectors: Vectors): number =>
  Math.sqrt(vectors.flat().reduce((sum, value) => sum + value * value, 0) / vectors.flat().length);

/**
 * Embedding-space attack: free vectors after the request, which stand for no token, are moved along the sign of the
 * gradient until the model opens with the target. It needs the weights, so it is an upper bound on attacks by prompts.
 */
export const embeddingAttack = defineAttack({
  id: 'embedding-attack',
  title: 'Embedding-space attack',
  paper: arxiv(
    '2402.09063',
    'Soft Prompt Threats: Attacking Safety Alignment and Unlearning in Open-Source LLMs through the Embedding Space',
  ),
  summary: 'Moves free vectors in the prompt along the gradient until the model opens with the target.',
  differs:
    'The paper moves 20 vectors in steps of 0.001 for Llama 2, about a tenth of the size of its ' +
    'embeddings. Here the step is a share of the root mean square of the embedding that the vectors ' +
    'start from; the best vectors of the whole search are returned, rounded to single precision, with ' +
    'the loss of the rounded vectors; intermediate layers are not decoded.' +
    targetBehindThought,
  access: 'white-box',
  needs: [],
  needsWhen: successNeeds,
  takesWhen: successTakes,
  templates: judgeTexts,
  options: {
    count: integer({
      description: 'Number of vectors; the paper uses 20.',
      default: 10,
      min: 1,
      max: 100,
      unit: 'vectors',
    }),
    steps: integer({
      description: 'Gradient steps; the paper uses 100.',
      default: 60,
      min: 1,
      max: 5000,
      unit: 'steps',
    }),
    stepSize: number({
      description:
        'How far each entry moves in a step, as a share of the size of the embedding; the paper uses about 0.1 (0.001 for Llama 2).',
      default: 0.1,
      min: 0.0001,
      max: 10,
    }),
    stopLoss: number({
      description: 'Loss that ends the search; at 0 the search never ends early.',
      default: 0.05,
      min: 0,
      max: 10,
      unit: 'nats per token',
    }),
    ...testOptions,
  },
  async *run(behavior, model, options, context) {
    const { signal } = context;
    const messages = conversation(behavior);
    const target = model.tokenizer.encode(targetOf(behavior));
    const start = await embeddingOf(model, startToken, signal);
    let vectors: Vectors = Array.from({ length: options.count }, () => start);
    const stride = options.stepSize * rms(vectors);

    /** Loss at `vectors`, and its gradient there. */
    const lossAndGradient = async () => {
      const view = model.edited(editOf(vectors));
      try {
        const prompt = view.tokenizer.prompt(messages, { atAnswer: true });
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
      const { loss, gradient } = await lossAndGradient();
      if (loss < best.loss) best = { vectors, loss };
      yield { step, candidate: behavior.prompt, loss, bestLoss: best.loss };
      if (step === options.steps || best.loss <= options.stopLoss || context.spent()) break;
      const width = start.length;
      vectors = vectors.map((vector, row) =>
        rounded(vector.map((value, i) => value - stride * Math.sign(gradient[row * width + i]!))),
      );
      step++;
    }
    const edit = editOf(best.vectors);
    const { text } = await model.generate(messages, { edit, maxNewTokens: options.testTokens, signal });
    const { verdict } = await answerTest(behavior, options, context).verdictOn({ messages }, text);
    return { messages, edit, loss: best.loss, steps: step, claimed: claimOf(verdict) };
  },
});
