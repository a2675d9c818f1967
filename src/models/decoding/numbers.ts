/**
 * @file Numbers that are no numbers. A damaged weight, or an overflow in half precision, gives NaN or an infinity that
 * every comparison then takes for false: token 0 wins, a filter passes, a search keeps what it has. So whatever a model
 * computes is checked where it leaves the runtime, and stops the work that asked for it.
 */
import { LabError } from '../../core/errors.ts';
import { allFinite } from '../../core/vectors.ts';
import type { ScoringModel } from '../contract/grey-box.ts';
import type { WhiteBoxModel } from '../contract/white-box.ts';
import type { DecodeSession } from './session.ts';

const notFinite = (id: string, what: string, values: Float32Array): LabError => {
  const wrong = values.reduce((count, value) => count + Number(!Number.isFinite(value)), 0);
  return new LabError(
    'not-finite',
    `${id} gives no numbers: ${wrong} of ${values.length} ${what} are NaN or infinite.`,
    {
      advice:
        'Load it with another data type or on another device, since half precision may overflow; or fetch its weights again.',
    },
  );
};

/**
 * @param what names the values, with the step: "log-probs of request 3"
 * @returns `values`
 * @throws LabError 'not-finite' unless all are finite
 */
export function checkFinite(id: string, what: string, values: Float32Array): Float32Array {
  if (!allFinite(values)) throw notFinite(id, what, values);
  return values;
}

/**
 * As `checkFinite` for logits, of which −∞ excludes a token; one at least must be finite.
 * @throws LabError 'not-finite'
 */
export function checkLogits(id: string, what: string, logits: Float32Array): Float32Array {
  if (allFinite(logits)) return logits;
  const usable = logits.every((value) => value < Infinity) && logits.some((value) => value > -Infinity);
  if (!usable) throw notFinite(id, what, logits);
  return logits;
}

/** A session whose logits are checked each time they are read; the message names the step. */
function checkedSession(id: string, session: DecodeSession): DecodeSession {
  let step = 0;
  return {
    get rows() {
      return session.rows;
    },
    logits: (row) => checkLogits(id, `logits at step ${step + 1}`, session.logits(row)),
    async advance(tokens) {
      await session.advance(tokens);
      step += 1;
    },
    keep: (rows) => session.keep(rows),
    close: () => session.close(),
  };
}

type Scoring = Pick<ScoringModel, 'open' | 'logProbs'>;

/** `open` and `logProbs` of a model that give numbers or throw. @throws LabError 'not-finite' */
export const checkedScoring = (id: string, { open, logProbs }: Scoring): Scoring => ({
  open: async (prompts, options) => checkedSession(id, await open(prompts, options)),
  async logProbs(requests, options) {
    const scores = await logProbs(requests, options);
    scores.forEach((row, i) => checkFinite(id, `log-probs of string ${i + 1} of ${scores.length}`, row));
    return scores;
  },
});

type Gradients = Pick<
  WhiteBoxModel,
  'tokenGradient' | 'embeddingGradient' | 'inputGradient' | 'weightGradients' | 'embeddings' | 'hiddenStates'
>;

/** The gradients and hidden states of a model, or an error. @throws LabError 'not-finite' */
export const checkedGradients = (id: string, model: Gradients): Gradients => ({
  tokenGradient: async (...args) =>
    checkFinite(id, 'values of the gradient of the tokens', await model.tokenGradient(...args)),
  embeddingGradient: async (...args) =>
    checkFinite(id, 'values of the gradient of the embeddings', await model.embeddingGradient(...args)),
  inputGradient: async (...args) =>
    checkFinite(id, 'values of the gradient of the prompt', await model.inputGradient(...args)),
  weightGradients: (requests, use, options) =>
    model.weightGradients(
      requests,
      (gradients) => {
        for (const { data } of gradients.values)
          checkFinite(id, `values of the gradient of ${gradients.name}`, data);
        return use(gradients);
      },
      options,
    ),
  embeddings: async (...args) => checkFinite(id, 'values of embeddings', await model.embeddings(...args)),
  async hiddenStates(...args) {
    const states = await model.hiddenStates(...args);
    states.forEach((state, i) => checkFinite(id, `values of hidden state ${i}`, state));
    return states;
  },
});
