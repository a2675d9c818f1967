/**
 * @file Checks a plan or a single request against what the lab has, completely, before anything is loaded or run, and
 * replaces every name by what it stands for.
 */
import type { Behavior } from '../../core/behavior.ts';
import type { ContrastPrompts } from '../../core/contrast.ts';
import { LabError } from '../../core/errors.ts';
import { excerpt } from '../../core/excerpt.ts';
import type { PackName } from '../../core/templates.ts';
import { hasToLearn } from '../../defenses/defense.ts';
import type { Evaluator } from '../../evaluators/evaluator.ts';
import type { ModelEntry } from '../../models/catalog.ts';
import type { PromptSettings } from '../../models/prompt-settings.ts';
import { atRate } from '../plan/false-positives.ts';
import { rolesUsed, type RoleEntries } from '../plan/find-models.ts';
import { defenseName, directRequest, undefended, type Plan } from '../plan/plan.ts';
import { checkRequest, type TrialRequest } from '../plan/request.ts';
import type { TemplatePack } from '../plan/template-pack.ts';
import { behaviorsOf, checkSteps, shardOf, trainingBehaviorsOf } from './behaviors.ts';
import { chooseAll, type Chosen, type NamedStack } from './choices.ts';
import { contrastFrom } from './contrast.ts';
import { Problems } from './problems.ts';
import type { Registries } from './registries.ts';
import { withCarriedSets } from './sets.ts';
import { withTraining, type ChosenAttack } from './training.ts';

/** What all trials of a plan or a request share, whatever their attack and their defenses. */
export interface TrialSettings {
  readonly evaluators: readonly Chosen<Evaluator>[];
  readonly sampling: Plan['sampling'];
  /** What the chat templates of all language models read. */
  readonly chatTemplate: PromptSettings;
  /** Alternatives recorded per token of an answer; 0 records no tokens. */
  readonly topTokens: number;
  /** The pack of texts that attacks work with. Default: the full one wherever it fits. */
  readonly pack?: PackName | undefined;
  readonly templates?: TemplatePack | undefined;
  /** Answers to each final prompt. Default: 1. */
  readonly samples?: Plan['samples'];
  readonly replay?: Plan['replay'];
  readonly attackBudget?: Plan['attackBudget'];
  readonly detectorGradients?: Plan['detectorGradients'];
  readonly margin?: Plan['margin'];
  readonly confirm?: Plan['confirm'];
  readonly attackDraws?: Plan['attackDraws'];
  /** Every behavior that an attack may learn from; the one it attacks is left out there. */
  readonly trainingBehaviors: readonly Behavior[];
}

/** The models and learning material that a plan or a request calls for. */
interface ResolvedModels {
  /** Only roles that some method needs. */
  readonly roles: RoleEntries;
  /** What defenses may learn from: nothing that is tested. */
  readonly contrast: ContrastPrompts | null;
  readonly settings: TrialSettings;
}

export interface ResolvedPlan extends ResolvedModels {
  readonly plan: Plan;
  readonly targets: readonly ModelEntry[];
  /** Those of the plan's shard. */
  readonly behaviors: readonly Behavior[];
  readonly attacks: readonly ChosenAttack[];
  /** The undefended model first. */
  readonly stacks: readonly NamedStack[];
}

export interface ResolvedRequest extends ResolvedModels {
  readonly target: ModelEntry;
  /** `null`: the behavior is asked as it is. */
  readonly attack: ChosenAttack | null;
  readonly stack: NamedStack;
}

/**
 * @throws LabError that names everything that is wrong, each with its path in the plan; its code is that of the
 * first: 'unknown-model', 'unknown-method', 'bad-options', 'not-supported' (tier of access) or 'bad-plan'.
 */
export function resolvePlan(plan: Plan, all: Registries): ResolvedPlan {
  const registries = withCarriedSets(all, plan);
  const problems = new Problems({ withPaths: true });
  const { targets, roles, attacks, stacks, evaluators } = chooseAll(
    {
      targets: plan.models.targets,
      roles: plan.models.roles,
      attacks: plan.attacks,
      stacks: plan.defenses.map((defense) => ({
        name: defenseName(defense),
        stack: defense.stack.map((choice) => {
          const card = registries.defenses.all.find(({ id }) => id === choice.id);
          return card ? atRate(choice, card.options, plan.falsePositives) : choice;
        }),
      })),
      evaluators: plan.evaluators,
      templates: plan.templates,
      replay: plan.replay !== undefined,
    },
    registries,
    problems,
  );
  const tested = plan.behaviors.flatMap((source, i) =>
    problems.attempt(`behaviors.${i}`, () => behaviorsOf(source, registries, plan.seed)).flat(),
  );
  for (const [i, source] of plan.behaviors.entries())
    for (const behavior of 'behaviors' in source ? source.behaviors : [])
      problems.attempt(`behaviors.${i}`, () => checkSteps(behavior));
  if (tested.length > 0 && !tested.some(({ kind }) => kind === 'harmful'))
    for (const [i, { id }] of plan.attacks.entries())
      problems.attempt(`attacks.${i}`, () => checkHasBehaviors(id));
  const [behaviors = []] = problems.attempt('shard', () => shardOf(tested, plan));
  const sets = [...new Set(plan.behaviors.flatMap((source) => ('set' in source ? [source.set] : [])))];
  const contrast = contrastFrom({
    given: plan.contrast,
    sets: sets.flatMap((id) => (registries.sets.has(id) ? [registries.sets.get(id)] : [])),
    tested,
  });
  problems.attempt('contrast', () => checkContrast(contrast, stacks));
  problems.attempt('attackMode', () => checkMode(plan));
  problems.attempt('samples', () => checkSamples(plan));
  for (const id of plan.replay ? plan.models.targets : [])
    problems.attempt('replay', () => checkReplayed(plan, id));

  problems.rejectDuplicates(
    'behaviors',
    tested.map(({ id }) => id),
  );
  problems.raise();
  const known = trainingBehaviorsOf(plan.behaviors, registries);
  const source = { tested, known, contrast, seed: plan.seed };
  return {
    plan,
    targets,
    roles: rolesUsed(roles, [
      ...(plan.replay ? [] : attacks),
      ...stacks.flatMap(({ defenses }) => defenses),
      ...evaluators,
    ]),
    behaviors,
    contrast,
    attacks: attacks.map((attack) => withTraining(attack, source)),
    stacks: [{ name: undefended, defenses: [] }, ...stacks],
    settings: {
      evaluators,
      sampling: plan.sampling,
      chatTemplate: plan.chatTemplate,
      topTokens: plan.record.topTokens,
      pack: plan.texts,
      templates: plan.templates,
      samples: plan.samples,
      replay: plan.replay,
      attackBudget: plan.attackBudget,
      detectorGradients: plan.detectorGradients,
      margin: plan.margin,
      confirm: plan.confirm,
      attackDraws: plan.attackDraws,
      trainingBehaviors: known,
    },
  };
}

/**
 * A request as the plan of one trial of `behavior`.
 * @throws LabError as `resolvePlan`, without paths
 */
export function resolveRequest(
  request: TrialRequest,
  behavior: Behavior,
  registries: Registries,
): ResolvedRequest {
  checkRequest(request, behavior);
  const problems = new Problems({ withPaths: false });
  problems.attempt('behavior', () => checkSteps(behavior));
  const { defenses: chain, templates, topTokens = 0 } = request;
  const name = chain.length === 0 ? undefended : defenseName({ stack: chain });
  const { targets, roles, attacks, stacks, evaluators } = chooseAll(
    {
      targets: [request.model],
      roles: request.roles,
      attacks: request.attack ? [request.attack] : [],
      stacks: [{ name, stack: chain }],
      evaluators: request.evaluators ?? [],
      templates,
      replay: false,
    },
    registries,
    problems,
  );
  // A request that the user typed belongs to no set; then defenses may learn from every set there is.
  const { sets } = registries;
  const contrast = contrastFrom({
    sets: sets.has(behavior.set) ? [sets.get(behavior.set)] : sets.all,
    tested: [behavior],
  });
  problems.attempt('contrast', () => checkContrast(contrast, stacks));
  const known = sets.has(behavior.set) ? sets.get(behavior.set).behaviors : [];
  const source = { tested: [behavior], known, contrast, seed: request.seed };
  const [attack = null] = attacks.map((chosen) => withTraining(chosen, source));
  problems.raise();
  return {
    target: targets[0]!,
    attack,
    stack: stacks[0]!,
    roles: rolesUsed(roles, [...attacks, ...stacks[0]!.defenses, ...evaluators]),
    contrast,
    settings: {
      evaluators,
      sampling: request.sampling,
      chatTemplate: request.chatTemplate ?? {},
      topTokens,
      pack: request.texts,
      templates,
      trainingBehaviors: known,
    },
  };
}

/** @throws LabError 'bad-plan' for an attack in a plan without a harmful behavior; the direct request asks them all */
function checkHasBehaviors(attack: string): void {
  if (attack === directRequest) return;
  throw new LabError('bad-plan', `"${excerpt(attack)}" has nothing to attack: no behavior is harmful.`, {
    advice: `Add harmful behaviors to the plan, or leave all attacks but "${directRequest}" out.`,
  });
}

/** @throws LabError 'bad-plan' when a defense has to learn and there is nothing to learn from */
function checkContrast(contrast: ContrastPrompts | null, stacks: readonly NamedStack[]): void {
  if (contrast !== null) return;
  const learner = stacks
    .flatMap(({ defenses }) => defenses)
    .find(({ method, options, artifact }) => artifact === undefined && hasToLearn(method, options));
  if (learner === undefined) return;
  throw new LabError('bad-plan', `There are no requests for "${learner.method.id}" to learn from.`, {
    advice: 'Add "contrast" with harmful and harmless requests to the plan, other than those under test.',
  });
}

/** @throws LabError 'bad-plan' for a plan that runs no attacks and wants them adaptive */
function checkMode({ attackMode = 'static', replay }: Plan): void {
  if (replay === undefined || attackMode === 'static') return;
  throw new LabError('bad-plan', 'A plan that replays results of another run attacks nothing itself.', {
    advice: 'Leave "attackMode" or "replay" out of the plan.',
  });
}

/** @throws LabError 'bad-plan' for several answers that would all be the same */
function checkSamples({ samples = 1, sampling }: Plan): void {
  if (samples === 1 || sampling.temperature > 0) return;
  throw new LabError('bad-plan', 'At temperature 0 all answers to a prompt are the same.', {
    advice: 'Set sampling.temperature above 0, or leave "samples" out of the plan.',
  });
}

function checkReplayed({ replay }: Plan, target: string): void {
  if (replay && Object.hasOwn(replay, target)) return;
  throw new LabError('bad-plan', `It does not say whose results are put to ${target}.`, {
    advice: `Add replay.${target}: the model that was attacked.`,
  });
}
