/** @file What an activity of a lesson asks of the lab. Pure. */
import type { Behavior } from '../../core/behavior.ts';
import type { Catalogue } from '../../lab/plan/catalogue.ts';
import { defaultSampling, parsePlan, type MethodChoice, type Plan } from '../../lab/plan/plan.ts';
import type { AttackRequest, ChatRequest } from '../../lab/plan/request.ts';
import type { TrainingPlanInput } from '../../lab/plan/training-plan.ts';
import { writeMicroscopeLink, writePlaygroundLink, writeStudioLink } from '../links/setups.ts';
import type {
  Ask,
  AskActivity,
  AttackActivity,
  PlanActivity,
  TokensActivity,
  TrainActivity,
} from './lesson.ts';
import type { Compared } from '../training/relearning.svelte.ts';

/** The set that lessons take their requests from. */
export const lessonSet = 'tinytown';
const usualModel = 'tinytown-chat';
/** Knows the true steps of every deed. */
const truth = 'tinytown-oracle';
const maxNewTokens = 96;
const sampling = { ...defaultSampling, temperature: 0, maxNewTokens };

type Roles = Pick<Catalogue, 'roles'>;

const common = (roles: Roles['roles']) => ({ roles, sampling, seed: 0, topTokens: 5 });

export const promptOf = ({ prompt }: Ask, behavior: Behavior): string => prompt ?? behavior.prompt;

/** All but the messages: the last one is `promptOf`. */
export const chatRequest = (
  ask: Ask,
  behavior: Behavior,
  { evaluators = [truth] }: AskActivity,
  { roles }: Roles,
): Omit<ChatRequest, 'messages'> => ({
  ...common(roles),
  model: ask.model ?? usualModel,
  ...(ask.attack && { attack: ask.attack }),
  defenses: ask.defenses ?? [],
  behavior,
  evaluators: evaluators.map((id) => ({ id })),
});

export const attackRequest = (
  { model, attack }: AttackActivity,
  behavior: Behavior,
  { roles }: Roles,
): AttackRequest => ({
  ...common(roles),
  model,
  behavior,
  attack,
  defenses: [],
  evaluators: [{ id: truth }],
});

/** @param own stack of the reader's own, put beside those of the lesson */
export const planOf = (
  name: string,
  {
    plan: { targets = [usualModel], evaluators = [truth, 'pattern-refusal', 'task-solved'], ...rest },
  }: PlanActivity,
  { roles }: Roles,
  own: readonly MethodChoice[] = [],
): Plan =>
  parsePlan({
    version: 1,
    name,
    seed: 0,
    models: { targets: [...targets], roles: { ...roles } },
    ...rest,
    defenses: [...(rest.defenses ?? []), ...(own.length > 0 ? [{ name: 'yours', stack: [...own] }] : [])],
    evaluators: evaluators.map((id) => ({ id })),
    sampling,
  });

/** Looks before the first update and after the last; from its checkpoints a stopped one goes on. */
export const trainingPlan = (
  model: string,
  { method, steps }: NonNullable<TrainActivity['training']>,
): TrainingPlanInput => ({
  ...{ version: 1, seed: 0, model, data: lessonSet, steps },
  method: { id: method.id, options: { ...method.options } },
  ...{ evaluateEvery: steps, checkpointEvery: Math.ceil(steps / 4) },
});

/** Few requests, so that it takes seconds. @param trained id of the trained model */
export const comparedIn = ({ model, at }: TrainActivity, trained: string | null): Compared => ({
  models: trained === null ? [model] : [model, trained],
  world: lessonSet,
  settings: { at: [...at], limit: 10 },
});

/** The same in the microscope. */
export const microscopeLink = ({ prompt, defense }: TokensActivity): string =>
  writeMicroscopeLink({
    model: usualModel,
    prompt,
    lanes: [
      { defense: defense.id, options: { ...defense.options } },
      { defense: '', options: {} },
    ],
    compare: true,
    seed: 0,
    temperature: 0,
    maxNewTokens,
  });

/** The same in the playground. */
export const playgroundLink = (ask: Ask, behavior: Behavior): string =>
  writePlaygroundLink({
    model: ask.model ?? usualModel,
    prompt: promptOf(ask, behavior),
    ...(ask.prompt === undefined && { set: lessonSet, behavior: behavior.id }),
    ...(ask.attack && { attack: ask.attack.id, attackOptions: { ...ask.attack.options } }),
    stack: (ask.defenses ?? []).map(({ id, options }) => ({ id, on: true, options: { ...options } })),
    temperature: 0,
    maxNewTokens,
  });

/** The same in the studio. */
export const studioLink = ({ model, behavior, attack }: AttackActivity): string =>
  writeStudioLink({
    ...{ model, set: lessonSet, behavior, attack: attack.id, options: { ...attack.options } },
    ...{ seed: 0, temperature: 0, maxNewTokens },
  });
