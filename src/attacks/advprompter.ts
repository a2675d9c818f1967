import { LabError } from '../core/errors.ts';
import { arxiv } from '../core/method.ts';
import { integer, number } from '../core/options.ts';
import {
  isWhiteBox,
  type EditedModel,
  type LanguageModel,
  type Tensor,
  type WhiteBoxModel,
} from '../models/language-model.ts';
import { goalOf } from './advprompter/goal.ts';
import { trainPrompter, type Trainee } from './advprompter/training.ts';
import { defineAttack, type AttackStep } from './attack.ts';
import { closeness, type CheckedAnswer } from './parts/success/checked-answer.ts';
import { answerTokensLike, successNeeds, successOptions, successTakes } from './parts/success/options.ts';
import { judgeTexts } from './parts/success/judge-score.ts';
import { countOutcomes } from './parts/success/outcomes.ts';
import { claimOf } from './parts/success/verdict.ts';
import { crossEntropy, targetBehindThought } from './parts/target.ts';

function checkedPrompter(prompter: LanguageModel): WhiteBoxModel {
  if (isWhiteBox(prompter)) return prompter;
  throw new LabError('bad-plan', `The attacker ${prompter.id} cannot be trained here.`, {
    advice: 'AdvPrompter needs an attacker of tier white-box.',
  });
}

/** The prompter after training: its adapters by name. */
interface TrainedPrompter {
  readonly adapters: ReadonlyMap<string, Tensor>;
  /** Ids of the behaviors that it was trained on. */
  readonly trainedOn: readonly string[];
  readonly steps: number;
}

async function withAdapters(
  prompter: WhiteBoxModel,
  { adapters: from }: TrainedPrompter,
  {
    learningRate,
    rank,
    alpha,
  }: { readonly learningRate: number; readonly rank: number; readonly alpha: number },
): Promise<EditedModel> {
  const learner = await prompter.learner({ learningRate, adapters: { rank, alpha, from } });
  try {
    return await learner.model();
  } finally {
    learner.dispose();
  }
}

/**
 * AdvPrompter: a small model learns to write suffixes. In turn, a beam search finds suffixes that read well to it and
 * lower the target loss, and it is trained to write those that helped; then it writes suffixes for the behavior without
 * search. What is trained are low-rank adapters beside the attacker's weights, which do not change; they are trained
 * once for a model, on behaviors that are not tested, and kept for all that are.
 */
export const advprompter = defineAttack({
  id: 'advprompter',
  title: 'AdvPrompter',
  paper: arxiv('2404.16873', 'AdvPrompter: Fast Adaptive Adversarial Prompting for LLMs'),
  summary:
    'Trains a small model, in the tab, to write suffixes that read well and make the wanted opening likely.',
  differs:
    'The paper trains Llama 2 for 10 epochs on hundreds of behaviors, with 30 tokens, 4 beams and 48 ' +
    'candidates, and puts adapters on the query and value projections and the output head. Here they are on all ' +
    'seven linear projections of each layer; the prompter is a chat model that ' +
    "continues the user's turn; characters beyond printable ASCII are excluded; targets are not varied " +
    'during training, and all suffixes have the same length. What training takes is counted with no trial.' +
    targetBehindThought,
  access: 'grey-box',
  needs: ['attacker'],
  needsWhen: successNeeds,
  takesWhen: successTakes,
  whiteBoxRoles: ['attacker'],
  templates: judgeTexts,
  options: {
    behaviors: integer({
      description:
        'Number of behaviors to train on, at most half of those of the plan; the paper uses hundreds.',
      default: 4,
      min: 1,
      max: 500,
      unit: 'behaviors',
    }),
    epochs: integer({
      description: 'Passes over these behaviors; the paper uses 10.',
      default: 3,
      min: 0,
      max: 100,
      unit: 'epochs',
    }),
    batch: integer({
      description: 'Behaviors to search between updates, and suffixes in an update; the paper uses 8.',
      default: 4,
      min: 1,
      max: 64,
      unit: 'behaviors',
    }),
    updates: integer({
      description: 'Most updates after each batch; the paper uses 8.',
      default: 8,
      min: 1,
      max: 100,
      unit: 'updates',
    }),
    length: integer({
      description: 'Tokens of a suffix; the paper uses 30.',
      default: 12,
      min: 1,
      max: 100,
      unit: 'tokens',
    }),
    beams: integer({
      description: 'Suffixes kept in the search; the paper uses 4.',
      default: 2,
      min: 1,
      max: 64,
      unit: 'beams',
    }),
    candidates: integer({
      description: 'Tokens tried at each position, divided among the beams; the paper uses 48.',
      default: 16,
      min: 2,
      max: 512,
      unit: 'tokens',
    }),
    weight: number({
      description: 'Weight λ of the target loss relative to readability.',
      default: 100,
      min: 0,
      max: 10_000,
    }),
    temperature: number({
      description: 'Temperature τ of the random draws in the search.',
      default: 0.6,
      min: 0.01,
      max: 10,
    }),
    penalty: number({
      description: 'Repetition penalty within a suffix.',
      default: 1.2,
      min: 1,
      max: 10,
    }),
    memory: integer({
      description: 'Most suffixes in the replay buffer.',
      default: 256,
      min: 1,
      max: 10_000,
      unit: 'suffixes',
    }),
    sharpness: number({
      description: 'Power of the priority in draws from the replay buffer.',
      default: 1.5,
      min: 0,
      max: 10,
    }),
    rank: integer({
      description:
        'Rank of the low-rank adapters that are trained beside the weights of the prompter; the paper uses 8.',
      default: 8,
      min: 1,
      max: 256,
      unit: 'dimensions',
    }),
    alpha: number({
      description: 'What an adapter gives is multiplied by this, divided by the rank; the paper uses 16.',
      default: 16,
      min: 0.01,
      max: 10_000,
    }),
    learningRate: number({
      description:
        'Learning rate of the adapters; the default is that of the paper, for 7 billion weights. Few updates of a small model need more.',
      default: 0.0005,
      min: 1e-7,
      max: 1,
    }),
    trials: integer({
      description: 'Most suffixes that the trained prompter writes for the behavior; the paper uses up to 6.',
      default: 6,
      min: 1,
      max: 1000,
      unit: 'suffixes',
    }),
    ...successOptions,
    maxNewTokens: answerTokensLike(150),
  },
  trainsOn: ({ behaviors, epochs }) => (epochs === 0 ? 0 : behaviors),
  async *learn(training, model, options, context): AsyncGenerator<AttackStep, TrainedPrompter> {
    const prompter = checkedPrompter(context.role('attacker'));
    if (training.length === 0 && options.epochs > 0)
      throw new LabError('bad-input', 'There are no other harmful behaviors to train the prompter on.', {
        advice: 'Add behaviors to the plan, or set "epochs" to 0.',
      });
    const goals = training.map((each) => goalOf(each, prompter, model, options, context));
    const { learningRate, rank, alpha } = options;
    const learner = await prompter.learner({ learningRate, adapters: { rank, alpha } });
    const trainee: Trainee = { learner, model: await learner.model() };
    try {
      const steps = yield* trainPrompter(trainee, prompter, goals, options, context);
      return { adapters: await learner.adapters(), trainedOn: training.map(({ id }) => id), steps };
    } finally {
      trainee.model.dispose();
      learner.dispose();
    }
  },
  async *run(behavior, model, options, context) {
    const { random, signal } = context;
    const prompter = checkedPrompter(context.role('attacker'));
    const goal = goalOf(behavior, prompter, model, options, context);
    const trained = context.learned as TrainedPrompter;
    const writer = await withAdapters(prompter, trained, options);
    try {
      const { trainedOn, steps } = trained;
      let step = steps;
      let best: {
        readonly ids: readonly number[];
        readonly answer: CheckedAnswer;
        readonly loss: number;
      } | null = null;
      let bestLoss = Infinity;
      const counter = countOutcomes(options, context);
      const done = (trial: number) =>
        trial >= options.trials || best?.answer.verdict === 'answered' || context.spent();
      for (let trial = 0; !done(trial); trial++) {
        signal.throwIfAborted();
        const ids = await goal.write(writer, random.fork(`trial ${trial}`));
        const [logProbs] = await goal.logProbs([ids]);
        const loss = crossEntropy(logProbs!);
        const answer = await goal.check(ids);
        bestLoss = Math.min(bestLoss, loss);
        counter.add(answer);
        const gain = best === null ? Infinity : closeness(answer) - closeness(best.answer);
        if (best === null || gain > 0 || (gain === 0 && loss < best.loss)) best = { ids, answer, loss };
        yield {
          step: step++,
          candidate: goal.candidate(ids),
          loss,
          bestLoss,
          detail: { phase: 'trial', trial, trainedOn, ...answer },
        };
      }
      const { ids, loss, answer } = best!;
      return {
        messages: goal.messages(ids),
        loss,
        steps: step - steps,
        claimed: claimOf(answer.verdict),
        outcomes: counter.outcomes,
      };
    } finally {
      writer.dispose();
    }
  },
});
