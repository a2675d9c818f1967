/** @file First stage of a trial: the attack, on the undefended model or on the defended one. */
import {
  conversation,
  type Attack,
  type AttackContext,
  type AttackResult,
  type AttackStep,
} from '../../attacks/attack.ts';
import { checkReach } from '../../attacks/reach.ts';
import type { Behavior } from '../../core/behavior.ts';
import { LabError } from '../../core/errors.ts';
import type { Access } from '../../core/method.ts';
import { createRandom } from '../../core/random.ts';
import { turn } from '../../models/decoding/join.ts';
import type { ModelOfAccess } from '../../models/role-models.ts';
import type { AttackOutcome } from '../records/trial.ts';
import { chooseTexts, type TextSettings } from '../trials/attack-texts.ts';
import type { Chosen } from '../trials/choices.ts';
import type { TrialSettings } from '../trials/resolve.ts';
import { adaptiveTarget } from './adaptive-target.ts';
import { watchBudget } from './attack-budget.ts';
import { confirmed } from './confirm.ts';
import type { DefendedModel } from './defended-model.ts';
import { roleModels, type LoadedModels } from './loaded-models.ts';
import { createMeter, metered, type SignalMeters } from './meter.ts';
import type { PausePoint } from './pause.ts';

export interface AttackInput {
  readonly limits: AttackLimits;
  readonly behavior: Behavior;
  /** What decides on the pack of texts that the attack works with. */
  readonly texts: Omit<TextSettings, 'behaviors'>;
  readonly seed: string;
  /** Every behavior that the attack may learn from; `behavior` itself is left out. */
  readonly trainingBehaviors: readonly Behavior[];
  /** What the attack learned before. */
  readonly learned?: unknown;
  /** For an adaptive attack: the model behind the defenses. Default: it is made on the model itself. */
  readonly behind?: { readonly defended: DefendedModel; readonly meters: SignalMeters } | undefined;
}

/** What the plan says of all attacks alike; a claimed success is confirmed on answers sampled as it says. */
export type AttackLimits = Pick<
  TrialSettings,
  'attackBudget' | 'attackDraws' | 'detectorGradients' | 'margin' | 'confirm' | 'sampling'
>;

export interface AttackListeners {
  readonly signal: AbortSignal;
  readonly onStep: (step: AttackStep) => void;
  /** Where the search can be paused before each step; its result stays the same. */
  readonly pausePoint?: PausePoint | undefined;
}

/** Run the attack to its end. The event loop gets a turn after every step, so that a stop takes effect there. */
export async function runAttack(
  models: LoadedModels,
  chosen: Chosen<Attack>,
  { behavior, seed, trainingBehaviors, learned, behind, limits, texts: textSettings }: AttackInput,
  { signal, onStep, pausePoint }: AttackListeners,
): Promise<AttackOutcome> {
  const { method, options } = chosen;
  const meter = createMeter();
  const steps: AttackStep[] = [];
  const target = models.target(method.access);
  const behaviors = [behavior, ...trainingBehaviors];
  const { templates, texts } = chooseTexts(chosen, { ...models, target }, { ...textSettings, behaviors });
  const { model, release } = behind
    ? adaptiveTarget(behind.defended, method.access, {
        ...{ seed, meter, signal, meters: behind.meters },
        draws: limits.attackDraws,
        detectorGradients: limits.detectorGradients,
      })
    : { model: metered(target, 'target', meter), release: () => undefined };
  const isSpent = watchBudget(limits.attackBudget ?? {}, meter, pausePoint);
  let ended = false as boolean;
  const context: AttackContext = {
    random: createRandom(seed).fork('attack'),
    templates,
    signal,
    learned,
    get others() {
      return trainingBehaviors.filter(({ id }) => id !== behavior.id);
    },
    margin: limits.margin,
    spent: () => (ended ||= steps.length > 0 && isSpent()),
    fills: (role) => models.fills(role),
    ...roleModels(models, meter),
  };
  const search = method.run(behavior, model as ModelOfAccess[Access], options, context);
  try {
    for (;;) {
      await pausePoint?.pass(signal);
      signal.throwIfAborted();
      const next = await search.next();
      checkLosses(model.id, method.id, next.value);
      if (next.done) {
        checkReach(behavior, next.value, method.id);
        const { claimed } = next.value;
        const found = { ...next.value, ...(ended && claimed !== true && { endedBy: 'budget' as const }) };
        const draws = behind?.defended.seen.draws ?? false;
        const result = await confirmed(found, { behavior, model, options, context, limits, seed, draws });
        const outcome = { result, steps: thinned(steps), usage: meter.usage };
        return { ...outcome, ...(texts && { texts }) };
      }
      steps.push(next.value);
      onStep(next.value);
      await turn();
    }
  } finally {
    await search.return(plainRequest(behavior));
    release();
  }
}

/** A search that compared what is no number found nothing. @throws LabError 'not-finite' */
function checkLosses(model: string, attack: string, found: AttackStep | AttackResult): void {
  const losses = [found.loss, 'bestLoss' in found ? found.bestLoss : undefined];
  const wrong = losses.find((loss) => loss !== undefined && !Number.isFinite(loss));
  if (wrong === undefined) return;
  const step = 'step' in found ? `step ${found.step}` : 'the end';
  throw new LabError(
    'not-finite',
    `The loss of "${attack}" on ${model} is ${wrong} at ${step}, which is no number.`,
    {
      advice: 'Load the model with another data type or on another device, or shorten the prompt.',
    },
  );
}

/** The behavior asked as it is. */
export const plainRequest = (behavior: Behavior): AttackResult => ({
  messages: conversation(behavior),
  steps: 0,
});

const mostSteps = 200;

/** At most 200 steps, evenly spread, first and last kept. */
function thinned(steps: readonly AttackStep[]): readonly AttackStep[] {
  if (steps.length <= mostSteps) return steps;
  const stride = (steps.length - 1) / (mostSteps - 1);
  return Array.from({ length: mostSteps }, (_, i) => steps[Math.round(i * stride)]!);
}
