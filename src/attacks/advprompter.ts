import type { Behavior } from '../core/behavior.ts';
import { LabError } from '../core/errors.ts';
import { arxiv } from '../core/method.ts';
import { boolean, integer, number } from '../core/options.ts';
import type { Random } from '../core/random.ts';
import {
  isWhiteBox,
  type LanguageModel,
  type Lesson,
  type ScoringModel,
  type WhiteBoxModel,
} from '../models/language-model.ts';
import { conversation, defineAttack } from './attack.ts';
import { judgeTexts } from './parts/judge-score.ts';
import { createReplayBuffer } from './parts/replay-buffer.ts';
import { earlyLoss, findSuffix, writeSuffix } from './parts/suffix-beam.ts';
import { placeSuffix, suffixSpan } from './parts/suffix-site.ts';
import { crossEntropy, suffixTokens, targetOf, withSuffix } from './parts/target.ts';
import {
  answerTokensLike,
  claimOf,
  trialNeeds,
  trialOptions,
  trialsOf,
  worth,
  type TrialReply,
} from './parts/variants.ts';

/** A behavior to learn from, as both models see it. */
interface Goal {
  readonly behavior: Behavior;
  /** Ids that the prompter writes the suffix behind. */
  readonly prefix: readonly number[];
  readonly target: readonly number[];
}

function checkedPrompter(prompter: LanguageModel): WhiteBoxModel {
  if (isWhiteBox(prompter)) return prompter;
  throw new LabError('bad-plan', `The attacker ${prompter.id} cannot be trained here.`, {
    advice: 'AdvPrompter needs an attacker of tier white-box.',
  });
}

/**
 * AdvPrompter: a small model learns to write suffixes. In turn, a beam search finds suffixes that read well to it and
 * lower the target loss, and it is trained to write those that helped; then it writes suffixes for the behavior in one
 * go. The attacker's model is what is trained, as a copy that lives as long as the attack.
 * Unless `own` says so the behavior itself is not among those that it is trained on.
 */
export const advprompter = defineAttack({
  id: 'advprompter',
  title: 'AdvPrompter',
  paper: arxiv('2404.16873', 'AdvPrompter: Fast Adaptive Adversarial Prompting for LLMs'),
  summary: 'Trains a small model, in the tab, to write suffixes that read well and lead astray.',
  differs:
    'The paper trains Llama 2 for 10 epochs on hundreds of behaviors, with 30 tokens, 4 beams and 48 ' +
    'candidates. Here all weights are trained, not low-rank ones; the prompter is a chat model that ' +
    "goes on with the user's turn; characters beyond printable ASCII are excluded; targets are not " +
    'varied while it learns, and all suffixes have one length; what is learned for one behavior is ' +
    'forgotten after it, so few behaviors are trained on.',
  access: 'grey-box',
  needs: ['attacker'],
  needsWhen: trialNeeds,
  whiteBoxRoles: ['attacker'],
  templates: judgeTexts,
  options: {
    behaviors: integer({
      description: 'Behaviors to train on; the paper has hundreds.',
      default: 4,
      min: 1,
      max: 500,
      unit: 'behaviors',
    }),
    own: boolean({
      description: 'Whether the behavior that is attacked is one of them.',
      default: false,
    }),
    epochs: integer({
      description: 'Rounds over these behaviors; the paper has 10.',
      default: 3,
      min: 0,
      max: 100,
      unit: 'epochs',
    }),
    batch: integer({
      description: 'Behaviors searched between updates, and suffixes in an update; the paper has 8.',
      default: 4,
      min: 1,
      max: 64,
      unit: 'behaviors',
    }),
    updates: integer({
      description: 'Most updates after each batch; the paper has 8.',
      default: 8,
      min: 1,
      max: 100,
      unit: 'updates',
    }),
    length: integer({
      description: 'Tokens of a suffix; the paper has 30.',
      default: 12,
      min: 1,
      max: 100,
      unit: 'tokens',
    }),
    beams: integer({
      description: 'Suffixes kept in the search; the paper has 4.',
      default: 2,
      min: 1,
      max: 64,
      unit: 'beams',
    }),
    candidates: integer({
      description: 'Tokens tried at each place, shared out among the beams; the paper has 48.',
      default: 16,
      min: 2,
      max: 512,
      unit: 'tokens',
    }),
    weight: number({
      description: 'Weight λ of the target loss against reading well.',
      default: 100,
      min: 0,
      max: 10_000,
    }),
    temperature: number({
      description: 'Temperature τ of the draws in the search.',
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
      description: 'Suffixes that are remembered.',
      default: 256,
      min: 1,
      max: 10_000,
      unit: 'suffixes',
    }),
    sharpness: number({
      description: 'Power of the priority by which remembered suffixes are drawn.',
      default: 1.5,
      min: 0,
      max: 10,
    }),
    learningRate: number({ description: 'Learning rate of the prompter.', default: 5e-4, min: 1e-7, max: 1 }),
    trials: integer({
      description: 'Suffixes that the trained prompter writes for the behavior; the paper has up to 6.',
      default: 6,
      min: 1,
      max: 1000,
      unit: 'suffixes',
    }),
    ...trialOptions,
    maxNewTokens: answerTokensLike(150),
  },
  async *run(behavior, model, options, context) {
    const { random, signal, others } = context;
    const prompter = checkedPrompter(context.role('attacker'));
    const allowed = suffixTokens(prompter.tokenizer);
    const goalOf = (asked: Behavior): Goal => {
      const span = suffixSpan(prompter.tokenizer, placeSuffix(asked));
      const target = model.tokenizer.encode(targetOf(asked));
      return { behavior: asked, prefix: span.prompt.slice(0, span.start), target };
    };
    const harmful = random.fork('behaviors').shuffle(others.filter(({ kind }) => kind === 'harmful'));
    const goals = [...(options.own ? [behavior] : []), ...harmful].slice(0, options.behaviors).map(goalOf);
    if (goals.length === 0 && options.epochs > 0)
      throw new LabError('bad-input', 'There are no other harmful behaviors to train the prompter on.', {
        advice: 'Add behaviors to the plan, set "own", or set "epochs" to 0.',
      });
    const own = goalOf(behavior);

    const text = (ids: readonly number[]) => prompter.tokenizer.decode(ids);
    const scores = (goal: Goal, suffixes: readonly (readonly number[])[]) =>
      model.logProbs(
        suffixes.map((ids) => ({
          prompt: model.tokenizer.prompt(
            ids.length === 0 ? conversation(goal.behavior) : placeSuffix(goal.behavior)(text(ids)),
          ),
          target: goal.target,
        })),
        { signal },
      );
    const write = (by: ScoringModel, { prefix }: Goal, draws: Random) =>
      writeSuffix({ model: by, prefix, allowed }, options, draws, signal);
    const answerTo = (goal: Goal, ids: readonly number[]): Promise<TrialReply> => {
      const messages = placeSuffix(goal.behavior)(text(ids));
      return trialsOf(goal.behavior, model, options, context)({ name: 'suffix', messages });
    };

    const buffer = createReplayBuffer<Lesson>(options.memory);
    const draws = random.fork('replay');
    const learner = await prompter.learner({ learningRate: options.learningRate });
    let trained = await learner.model();
    let step = 0;
    try {
      for (let epoch = 0; epoch < options.epochs; epoch++)
        for (let start = 0; start < goals.length; start += options.batch) {
          for (const [i, goal] of goals.slice(start, start + options.batch).entries()) {
            signal.throwIfAborted();
            const named = random.fork(`search ${epoch} ${start + i}`);
            const written = await write(trained, goal, named.fork('written'));
            const [plain, before] = (await scores(goal, [[], written])).map(earlyLoss) as [number, number];
            const { ids } = await findSuffix(
              { model: trained, base: prompter, prefix: goal.prefix, allowed },
              async (suffixes) => (await scores(goal, suffixes)).map(earlyLoss),
              plain,
              options,
              named.fork('beams'),
              signal,
            );
            const [found] = await scores(goal, [ids]);
            const reply = await answerTo(goal, ids);
            const gain = Math.max(0, before - earlyLoss(found!));
            const priority = gain + (reply.verdict === 'answered' ? 1 : 0);
            buffer.push({ ids: [...goal.prefix, ...ids], from: goal.prefix.length }, priority);
            yield {
              step: step++,
              candidate: withSuffix(goal.behavior.prompt, text(ids)),
              loss: crossEntropy(found!),
              detail: {
                phase: 'search',
                epoch,
                behavior: goal.behavior.id,
                written: text(written),
                priority,
                remembered: buffer.size,
                ...reply,
              },
            };
          }
          const updates = Math.min(options.updates, Math.ceil(buffer.size / options.batch));
          let learned = 0;
          for (let update = 0; update < updates; update++) {
            signal.throwIfAborted();
            learned = await learner.learn(buffer.draw(options.batch, options.sharpness, draws));
          }
          if (updates > 0) {
            trained.dispose();
            trained = await learner.model();
            yield { step: step++, detail: { phase: 'training', epoch, updates, prompterLoss: learned } };
          }
        }

      let best: {
        readonly ids: readonly number[];
        readonly reply: TrialReply;
        readonly loss: number;
      } | null = null;
      let bestLoss = Infinity;
      for (let trial = 0; trial < options.trials && best?.reply.verdict !== 'answered'; trial++) {
        signal.throwIfAborted();
        const ids = await write(trained, own, random.fork(`trial ${trial}`));
        const [found] = await scores(own, [ids]);
        const loss = crossEntropy(found!);
        const reply = await answerTo(own, ids);
        bestLoss = Math.min(bestLoss, loss);
        const [now, then] = [worth[reply.verdict], best === null ? -Infinity : worth[best.reply.verdict]];
        if (best === null || now > then || (now === then && loss < best.loss)) best = { ids, reply, loss };
        yield {
          step: step++,
          candidate: withSuffix(behavior.prompt, text(ids)),
          loss,
          bestLoss,
          detail: { phase: 'trial', trial, ...reply },
        };
      }
      return {
        messages: placeSuffix(behavior)(text(best!.ids)),
        loss: best!.loss,
        steps: step,
        claimed: claimOf(best!.reply.verdict),
      };
    } finally {
      trained.dispose();
      learner.dispose();
    }
  },
});
