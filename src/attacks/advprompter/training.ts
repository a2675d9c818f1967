/**
 * @file The training of AdvPrompter's prompter: in turn, a beam search finds suffixes that help, and the prompter learns
 * to write them.
 */
import type { EditedModel, Learner, TrainingRow, WhiteBoxModel } from '../../models/language-model.ts';
import type { AttackContext, AttackStep } from '../attack.ts';
import { suffixTokens } from '../parts/suffix/suffix-prompt.ts';
import { crossEntropy } from '../parts/target.ts';
import type { Goal } from './goal.ts';
import { createReplayBuffer } from './replay-buffer.ts';
import { earlyLoss, findSuffix, type BeamOptions } from './suffix-search.ts';

/** The copy of the prompter that is trained. `model` is replaced after each round of updates; the owner disposes both. */
export interface Trainee {
  readonly learner: Learner;
  model: EditedModel;
}

export interface TrainingOptions extends BeamOptions {
  readonly epochs: number;
  readonly batch: number;
  readonly updates: number;
  readonly memory: number;
  readonly sharpness: number;
}

/** @returns the number of steps */
export async function* trainPrompter(
  trainee: Trainee,
  prompter: WhiteBoxModel,
  goals: readonly Goal[],
  options: TrainingOptions,
  { random, signal }: Pick<AttackContext, 'random' | 'signal'>,
): AsyncGenerator<AttackStep, number> {
  const allowed = suffixTokens(prompter.tokenizer);
  const buffer = createReplayBuffer<TrainingRow>(options.memory);
  const replayDraws = random.fork('replay');
  let step = 0;
  for (let epoch = 0; epoch < options.epochs; epoch++)
    for (let start = 0; start < goals.length; start += options.batch) {
      for (const [i, goal] of goals.slice(start, start + options.batch).entries()) {
        signal.throwIfAborted();
        const draws = random.fork(`search ${epoch} ${start + i}`);
        const unaided = await goal.write(trainee.model, draws.fork('written'));
        const [plainLoss, unaidedLoss] = (await goal.logProbs([[], unaided])).map(earlyLoss) as [
          number,
          number,
        ];
        const { ids } = await findSuffix(
          { model: trainee.model, base: prompter, prefix: goal.prefix, allowed },
          async (suffixes) => (await goal.logProbs(suffixes)).map(earlyLoss),
          plainLoss,
          options,
          draws.fork('beams'),
          signal,
        );
        const [logProbs] = await goal.logProbs([ids]);
        const answer = await goal.check(ids);
        const gain = Math.max(0, unaidedLoss - earlyLoss(logProbs!));
        const priority = gain + (answer.verdict === 'answered' ? 1 : 0);
        buffer.push({ ids: [...goal.prefix, ...ids], from: goal.prefix.length }, priority);
        yield {
          step: step++,
          candidate: goal.candidate(ids),
          loss: crossEntropy(logProbs!),
          detail: {
            phase: 'search',
            epoch,
            behavior: goal.behavior.id,
            written: goal.text(unaided),
            priority,
            remembered: buffer.size,
            ...answer,
          },
        };
      }
      const updates = Math.min(options.updates, Math.ceil(buffer.size / options.batch));
      let prompterLoss = 0;
      for (let update = 0; update < updates; update++) {
        signal.throwIfAborted();
        prompterLoss = await trainee.learner.learn(
          buffer.draw(options.batch, options.sharpness, replayDraws),
        );
      }
      if (updates > 0) {
        trainee.model.dispose();
        trainee.model = await trainee.learner.model();
        yield { step: step++, detail: { phase: 'training', epoch, updates, prompterLoss } };
      }
    }
  return step;
}
