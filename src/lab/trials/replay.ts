/** @file Takes attack results from an earlier run, for plans that replay them. */
import { LabError } from '../../core/errors.ts';
import { findRoles, type KnownEntries, type RoleEntries } from '../plan/find-models.ts';
import { isAdaptive } from '../plan/attack-mode.ts';
import { directRequest, type Plan } from '../plan/plan.ts';
import type { AttackOutcome, TrialRecord } from '../records/trial.ts';
import type { ResolvedPlan } from './resolve.ts';
import type { Chunk } from './trials.ts';

/** The parts of a trial that hold the result of its attack. */
export type ReplaySource = Pick<
  TrialRecord,
  | 'model'
  | 'attack'
  | 'behavior'
  | 'mode'
  | 'texts'
  | 'attackResult'
  | 'attackSteps'
  | 'attackUsage'
  | 'tier'
  | 'sights'
  | 'error'
>;

/** The attack's outcome as its trial recorded it. */
export const attackOutcomeOf = ({
  texts,
  attackResult,
  attackSteps,
  attackUsage,
  tier,
  sights,
  error,
}: Omit<ReplaySource, 'model' | 'attack' | 'behavior' | 'mode'>): AttackOutcome => ({
  result: attackResult,
  steps: attackSteps,
  usage: attackUsage,
  ...(texts && { texts }),
  ...(tier && { tier }),
  ...(sights && { sights }),
  error: error?.during === 'attack' ? error : undefined,
});

/**
 * The outcomes that a plan with `replay` needs, by the seed of the trial that replays them; none for other plans.
 * The direct request needs none.
 * @param sources trials of the run that is replayed
 * @throws LabError 'bad-plan' when some are missing
 */
export function replayedOutcomes(
  { replay }: Plan,
  chunks: readonly Chunk[],
  sources: readonly ReplaySource[],
): ReadonlyMap<string, AttackOutcome> {
  if (replay === undefined) return new Map();
  const keyOf = (model: string, attack: string, behavior: string) =>
    JSON.stringify([model, attack, behavior]);
  // The undefended trial comes first, and it alone holds the steps of the attack. What was made for one defense is not
  // put to others.
  const outcomes = new Map(
    sources
      .filter((record) => !isAdaptive(record))
      .toReversed()
      .map((record) => [keyOf(record.model, record.attack, record.behavior), attackOutcomeOf(record)]),
  );
  const wanted = chunks.flatMap(({ trials }) =>
    trials.map(({ seed, key }) => ({
      seed,
      outcome: outcomes.get(keyOf(replay[key.model]!, key.attack, key.behavior)),
      key,
    })),
  );
  const missing = wanted.filter(({ outcome, key }) => outcome === undefined && key.attack !== directRequest);
  if (missing.length > 0) {
    const { attack, behavior, model } = missing[0]!.key;
    const example = `such as ${attack} on ${behavior}, made on ${replay[model]}`;
    throw new LabError('bad-plan', `The run that is replayed lacks ${missing.length} results, ${example}.`, {
      advice: 'Finish that run first, or replay from a model that it attacked.',
    });
  }
  return new Map(wanted.flatMap(({ seed, outcome }) => (outcome ? [[seed, outcome] as const] : [])));
}

/**
 * The translator, if answers to replayed results may come in another language: the attack that would need it is not
 * run here.
 * @throws LabError 'bad-plan' when no model fills the role
 */
export function translatorFor(
  replayed: ReadonlyMap<string, AttackOutcome>,
  { plan }: ResolvedPlan,
  known: KnownEntries,
): RoleEntries {
  const languages = [...replayed.values()].flatMap(({ result: { answeredIn } }) =>
    typeof answeredIn === 'object' ? [answeredIn.language] : [],
  );
  if (languages.length === 0) return {};
  const { translator } = plan.models.roles;
  if (translator !== undefined) return findRoles({ translator }, known);
  throw new LabError(
    'bad-plan',
    `Answers may come in ${[...new Set(languages)].join(' or ')}, and no model translates them into English.`,
    { advice: 'Add models.roles.translator to the plan.' },
  );
}
