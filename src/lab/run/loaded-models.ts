/** @file The loaded models of an experiment by the part they play, and what is done with them. */
import {
  conversation,
  type Attack,
  type AttackContext,
  type AttackResult,
  type AttackStep,
  type ModelOfAccess,
} from '../../attacks/attack.ts';
import type { Behavior } from '../../core/behavior.ts';
import { LabError } from '../../core/errors.ts';
import type { Access, ClassifierRole, LanguageRole, MethodCard, ModelRole } from '../../core/method.ts';
import { createRandom } from '../../core/random.ts';
import { stack } from '../../defenses/stack.ts';
import type { ModelEntry } from '../../models/catalog.ts';
import { turn } from '../../models/decoding/join.ts';
import type { LanguageModel } from '../../models/language-model.ts';
import type { TextClassifier } from '../../models/text-classifier.ts';
import type { RoleEntries } from '../plan/role-models.ts';
import type { AttackOutcome } from '../records/trial.ts';
import type { Chosen, ChosenDefense } from '../trials/resolve.ts';
import { createMeter, metered, meteredClassifier, type Meter, type MeterOf } from './meter.ts';
import { defaultAccess, type LoadOptions, type ModelPool } from './model-pool.ts';
import type { PausePoint } from './pause.ts';

export interface LoadedModels {
  /** The model under attack: from its usual runtime, or from the white-box one for what needs that. */
  target(access: Access): LanguageModel;
  /** @throws LabError 'bad-plan' for a role that nobody plays. */
  role(role: LanguageRole): LanguageModel;
  /** @throws LabError 'bad-plan' for a role that nobody plays. */
  classifier(role: ClassifierRole): TextClassifier;
}

export interface RequiredModels {
  readonly target: ModelEntry;
  /** Only what some method calls for: each is loaded. */
  readonly roles: RoleEntries;
  /** Whether a method looks into the target. */
  readonly whiteBox: boolean;
  /** Roles that a method looks into. */
  readonly transparent?: readonly ModelRole[];
}

/** Load what an experiment on `target` needs. @throws LabError naming the model that cannot be loaded. */
export async function loadModels(
  pool: ModelPool,
  { target, roles, whiteBox, transparent: seenThrough = [] }: RequiredModels,
  options: Omit<LoadOptions, 'access'>,
): Promise<LoadedModels> {
  const load = (entry: ModelEntry, access = defaultAccess(entry)) => pool.get(entry, { ...options, access });
  const usual = await load(target);
  const transparent = whiteBox ? await load(target, 'white-box') : undefined;
  const players = new Map<string, LanguageModel>();
  const classifiers = new Map<string, TextClassifier>();
  for (const [role, entry] of Object.entries(roles)) {
    if (entry.task === 'text-classification') {
      classifiers.set(role, await pool.classifier(entry, options));
      continue;
    }
    const access = seenThrough.some((name) => name === role) ? 'white-box' : defaultAccess(entry);
    players.set(role, await load(entry, access));
  }
  return {
    target: (access) => (access === 'white-box' && transparent) || usual,
    role: (role) => playerOf(players, role),
    classifier: (role) => playerOf(classifiers, role),
  };
}

function playerOf<Player>(players: ReadonlyMap<string, Player>, role: ModelRole): Player {
  const player = players.get(role);
  if (player) return player;
  throw new LabError('bad-plan', `No model plays the role ${role}.`, {
    advice: `Add models.roles.${role} to the plan.`,
  });
}

/** Whether any of the methods looks into the target. */
export const needsWhiteBox = (methods: readonly { readonly method: MethodCard }[]): boolean =>
  methods.some(({ method }) => method.access === 'white-box');

/**
 * The model behind `defenses`, with everything counted on the meter of the trial that asked.
 * @param access the tier of the model itself: white-box for requests that edit it; defenses that look into the model
 *   get that tier anyhow
 */
export function defended(
  cast: LoadedModels,
  target: ModelEntry,
  defenses: readonly ChosenDefense[],
  meterOf: MeterOf,
  access = defaultAccess(target),
): LanguageModel {
  const tier = needsWhiteBox(defenses) ? 'white-box' : access;
  const model = metered(cast.target(tier), 'target', meterOf);
  const chosen = defenses.map(({ method, ...given }) => ({ defense: method, ...given }));
  return stack(model, chosen, roleModels(cast, meterOf));
}

/** What an attack is made for. */
export interface AttackInput {
  readonly behavior: Behavior;
  readonly seed: string;
  /** Every behavior that the attack may learn from; `behavior` itself does no harm among them. */
  readonly known: readonly Behavior[];
}

/**
 * Attack the undefended model. The event loop gets a turn after every step, so that a stop takes effect there.
 * @param gate where the search can be held before each step; what it comes to is the same
 */
export async function runAttack(
  cast: LoadedModels,
  { method, options }: Chosen<Attack>,
  { behavior, seed, known }: AttackInput,
  signal: AbortSignal,
  onStep: (step: AttackStep) => void,
  gate?: PausePoint,
): Promise<AttackOutcome> {
  const meter = createMeter();
  const steps: AttackStep[] = [];
  const model = metered(cast.target(method.access), 'target', meter);
  const search = method.run(behavior, model as ModelOfAccess[Access], options, {
    random: createRandom(seed).fork('attack'),
    templates: method.templates ?? {},
    signal,
    others: known.filter(({ id }) => id !== behavior.id),
    ...roleModels(cast, meter),
  });
  try {
    for (;;) {
      if (gate) await gate.pass(signal);
      signal.throwIfAborted();
      const next = await search.next();
      if (next.done) return { result: next.value, steps: thinned(steps), usage: meter.usage };
      steps.push(next.value);
      onStep(next.value);
      await turn();
    }
  } finally {
    await search.return(plainRequest(behavior));
  }
}

/** The models of a cast that play a role, with what they are asked counted on the meter. */
export const roleModels = (
  cast: LoadedModels,
  meter: Meter | MeterOf,
): Pick<AttackContext, 'role' | 'classifier'> => ({
  role: (role) => metered(cast.role(role), role, meter),
  classifier: (role) => meteredClassifier(cast.classifier(role), role, meter),
});

/** The behavior as it would be asked without an attack. */
export const plainRequest = (behavior: Behavior): AttackResult => ({
  messages: conversation(behavior),
  steps: 0,
});

const mostSteps = 200;

/** At most 200 steps, evenly spread, first and last kept. */
export function thinned(steps: readonly AttackStep[]): readonly AttackStep[] {
  if (steps.length <= mostSteps) return steps;
  const stride = (steps.length - 1) / (mostSteps - 1);
  return Array.from({ length: mostSteps }, (_, i) => steps[Math.round(i * stride)]!);
}
