/** @file Results of attacks that were made before, in place of attacking again. */
import { LabError } from '../../core/errors.ts';
import type { AttackOutcome, TrialRecord } from '../records/trial.ts';
import type { ModelEntry } from '../../models/catalog.ts';
import { directRequest, type Plan } from '../plan/plan.ts';
import type { ResolvedPlan } from './resolve.ts';
import { findRoles, type RoleEntries } from '../plan/role-models.ts';
import type { Chunk } from './trials.ts';

/** What making the attack of a record gave and took. */
export const attackOutcomeOf = ({
  attackResult,
  attackSteps,
  attackUsage,
  error,
}: TrialRecord): AttackOutcome => ({
  result: attackResult,
  steps: attackSteps,
  usage: attackUsage,
  error: error?.during === 'attack' ? error : undefined,
});

/**
 * The results that a plan with `replay` calls for, by the seed of the trial they are put to; none for other plans.
 * The direct request needs no result.
 * @param sources trials of the run that is replayed
 * @throws LabError 'bad-plan' when some are missing
 */
export function replayedOutcomes(
  { replay }: Plan,
  chunks: readonly Chunk[],
  sources: readonly TrialRecord[],
): ReadonlyMap<string, AttackOutcome> {
  if (replay === undefined) return new Map();
  const keyOf = (model: string, attack: string, behavior: string) =>
    JSON.stringify([model, attack, behavior]);
  const made = new Map(
    sources.map((record) => [keyOf(record.model, record.attack, record.behavior), attackOutcomeOf(record)]),
  );
  const wanted = chunks.flatMap(({ trials }) =>
    trials.map(({ seed, key }) => ({
      seed,
      result: made.get(keyOf(replay[key.model]!, key.attack, key.behavior)),
      key,
    })),
  );
  const missing = wanted.filter(({ result, key }) => result === undefined && key.attack !== directRequest);
  if (missing.length > 0) {
    const { attack, behavior, model } = missing[0]!.key;
    const example = `such as ${attack} on ${behavior}, made on ${replay[model]}`;
    throw new LabError('bad-plan', `The run that is replayed lacks ${missing.length} results, ${example}.`, {
      advice: 'Finish that run first, or replay from a model that it attacked.',
    });
  }
  return new Map(wanted.flatMap(({ seed, result }) => (result ? [[seed, result] as const] : [])));
}

/**
 * The translator, when answers to replayed results may have to be put into English: the attack that would call for
 * one is not run.
 * @throws LabError 'bad-plan' when nobody plays it
 */
export function translatorFor(
  replayed: ReadonlyMap<string, AttackOutcome>,
  { plan }: ResolvedPlan,
  models: readonly ModelEntry[],
): RoleEntries {
  const languages = [...replayed.values()].flatMap(({ result: { answeredIn } }) =>
    typeof answeredIn === 'object' ? [answeredIn.language] : [],
  );
  if (languages.length === 0) return {};
  const { translator } = plan.models.roles;
  if (translator !== undefined) return findRoles({ translator }, models);
  throw new LabError(
    'bad-plan',
    `Answers may come in ${[...new Set(languages)].join(' or ')}, and nobody puts them into English.`,
    { advice: 'Add models.roles.translator to the plan.' },
  );
}
