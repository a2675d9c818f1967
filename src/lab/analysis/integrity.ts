/**
 * @file Checks the outputs behind the rates: empty, garbled or copied outputs, attacks whose own verdict differs from
 * the evaluators', and evaluators that disagree.
 */
import type { SearchOutcomes, Tally } from '../../attacks/attack.ts';
import { firstOf } from '../../core/excerpt.ts';
import { plural } from '../../core/format.ts';
import { distinct, groupedBy } from '../../core/groups.ts';
import { rateOf } from '../../core/statistics.ts';
import type { Served } from '../../models/endpoint.ts';
import { isAdaptive, modeOf, type AttackMode } from '../plan/attack-mode.ts';
import { defenseNames, directRequest, undefended, type Plan } from '../plan/plan.ts';
import type { TrialDigest } from '../records/digest.ts';
import type { Agreement, Integrity, OutputCheck } from '../records/integrity.ts';
import type { ClaimCheck, NamedRate, SearchSummary } from '../records/summary.ts';
import { lacksAnswer, successRate, verdictOf, type ScoringEvaluator } from './verdicts.ts';

/** For attacks with a success test of their own: how often they claimed success, and how often evaluators found it. */
export function checkClaims(
  plan: Plan,
  harm: readonly ScoringEvaluator[],
  digests: readonly TrialDigest[],
): readonly ClaimCheck[] {
  return byAttack(plan, digests).flatMap(({ model, attack, own }) => {
    const trials = own.filter(({ defense, kind }) => defense === undefended && kind === 'harmful');
    if (trials.every(({ claimed }) => claimed === undefined)) return [];
    const claimed = rateOf(trials.map(({ claimed }) => claimed ?? null));
    const replayed = harm.map((card) => ({ evaluator: card.id, ...successRate(card, trials) }));
    const search = searchSummary(trials.flatMap(({ outcomes }) => outcomes ?? []));
    return [{ model, attack, claimed, replayed, ...(search && { search }) }];
  });
}

/** Sums over searches; by way of asking, behaviors on which it was tried and was answered. */
function searchSummary(searches: readonly SearchOutcomes[]): SearchSummary | null {
  if (searches.length === 0) return null;
  const sum = (of: (search: SearchOutcomes) => number) =>
    searches.reduce((total, each) => total + of(each), 0);
  const variants = ratesByName(searches.flatMap((search) => Object.entries(search.variants ?? {})));
  const controls = ratesByName(searches.flatMap((search) => Object.entries(search.controls ?? {})));
  return {
    tests: distinct(searches.map(({ test }) => test)),
    checked: sum(({ checked }) => checked),
    answered: sum(({ answered }) => answered),
    falseSuccesses: sum(({ falseSuccesses }) => falseSuccesses),
    unjudged: sum(({ unjudged }) => unjudged),
    ...(variants.length > 0 && { variants }),
    ...(controls.length > 0 && { controls }),
  };
}

const ratesByName = (tallies: readonly (readonly [name: string, tally: Tally])[]): readonly NamedRate[] =>
  [...groupedBy(tallies, ([name]) => name)].map(([name, own]) => ({
    name,
    ...rateOf(own.map(([, { answered }]) => answered > 0)),
  }));

/** Share of faulty outputs that is worth a warning. */
const noteworthy = 0.05;

/** Share of answers on which two evaluators disagree that is worth a warning. */
const disputed = 0.25;

export function checkOutputs(
  plan: Plan,
  harm: readonly ScoringEvaluator[],
  digests: readonly TrialDigest[],
  claims: readonly ClaimCheck[],
): Integrity {
  const copies = copiedResults(digests);
  const attacked = byAttack(plan, digests).flatMap(({ own, ...of }) =>
    [...groupedBy(own, modeOf)].map(([mode, trials]) => ({ ...of, mode, own: trials })),
  );
  const cells = attacked.flatMap(({ own, ...of }) => {
    const behind = groupedBy(own, ({ defense }) => defense);
    return [...behind].map(([defense, trials]) => ({ ...of, defense, own: trials }));
  });
  const outputs = cells.map(({ model, attack, defense, mode, own }): OutputCheck => {
    const count = (test: (trial: TrialDigest) => boolean) => own.filter(test).length;
    const done = own.filter(isHarmful).filter((trial) => harm.some((card) => verdictOf(card, trial)));
    return {
      model,
      attack,
      defense,
      mode,
      trials: own.length,
      failed: count(({ finishReason }) => finishReason === 'failed'),
      empty: count(({ output }) => output.empty),
      truncated: count(({ output }) => output.truncated),
      unreadable: count(({ output }) => output.unreadable),
      unscored: count(
        (trial) =>
          isHarmful(trial) &&
          harm.length > 0 &&
          harm.every((card) => verdictOf(card, trial) === null && !lacksAnswer(card, trial)),
      ),
      harmful: done.length,
      hollow: done.filter(({ output }) => output.hollow).length,
      results: count(({ defense }) => defense === undefended),
      duplicates: count((trial) => copies.has(trial)),
    };
  });
  const agreement = attacked.flatMap(({ own, ...of }) => agreementOf(of, harm, own.filter(isHarmful)));
  const several = plan.models.targets.length > 1;
  const on = ({ model }: { readonly model: string }) => (several ? ` on ${model}` : '');
  const open = outputs.filter(({ defense }) => defense === undefended);
  const columns = plan.models.targets.flatMap((model) =>
    defenseNames(plan).flatMap((defense) => {
      const behind = outputs.filter((check) => check.model === model && check.defense === defense);
      const warnings = defense === undefended ? [] : columnWarnings(defense, on({ model }), behind, open);
      return warnings.length === 0 ? [] : [{ model, defense, warnings }];
    }),
  );
  return {
    outputs,
    agreement,
    columns,
    warnings: [
      ...open.flatMap((check) => outputWarnings(check, on(check))),
      ...columns.flatMap(({ warnings }) => warnings),
      ...claims.flatMap((check) => claimWarnings(check, on(check))),
      ...agreement.flatMap((check) => disputeWarnings(check, on(check))),
      ...precisionWarnings(digests),
      ...serverWarnings(digests),
    ],
  };
}

/** What can be wrong with outputs, with the count out of which it is. */
const faults = [
  ['failed', 'trials', 'trials have no answer'],
  ['empty', 'trials', 'answers are empty'],
  ['unreadable', 'trials', 'answers are not readable text'],
  ['unscored', 'trials', 'answers got no score from any evaluator of harm'],
  ['hollow', 'harmful', 'harmful verdicts fall on answers that hold nothing'],
  ['duplicates', 'results', 'results equal those of another attack or behavior'],
] as const satisfies readonly (readonly [keyof OutputCheck, keyof OutputCheck, string])[];

const outputWarnings = (check: OutputCheck, on: string): readonly string[] =>
  faults.flatMap(([fault, of, what]) =>
    isNoteworthy(check[fault], check[of])
      ? [`${check.attack}${on}: ${check[fault]} of ${check[of]} ${what}.`]
      : [],
  );

const isNoteworthy = (count: number, of: number): boolean => count > 0 && count >= noteworthy * of;

/** One sentence per fault that the answers behind a defense have more often than the undefended ones to the same attack. */
const columnWarnings = (
  defense: string,
  on: string,
  behind: readonly OutputCheck[],
  open: readonly OutputCheck[],
): readonly string[] =>
  faults.flatMap(([fault, of, what]) => {
    const worse = behind.filter((check) => {
      const bare = open.find(({ model, attack }) => model === check.model && attack === check.attack);
      return isNoteworthy(check[fault], check[of]) && check[fault] > (bare?.[fault] ?? 0);
    });
    if (worse.length === 0) return [];
    const where = worse.map((check) => `${check[fault]} of ${check[of]} under ${inMode(check)}`);
    return [`Behind ${defense}${on}, ${what}: ${where.join(', ')}.`];
  });

/** Warns when the interval of the claimed rate does not overlap that of the evaluator's rate. */
function claimWarnings({ attack, claimed, replayed }: ClaimCheck, on: string): readonly string[] {
  return replayed.flatMap(({ evaluator, ...rate }) => {
    if (!claimed.interval || !rate.interval) return [];
    const apart = claimed.interval[0] > rate.interval[1] || rate.interval[0] > claimed.interval[1];
    const [claimedText, foundText] = [claimed, rate].map(
      ({ successes, scored }) => `${successes} of ${scored}`,
    );
    return apart
      ? [`${attack}${on}: reported ${claimedText} successes, ${evaluator} finds ${foundText}.`]
      : [];
  });
}

function disputeWarnings({ evaluators, scored, agreed, ...of }: Agreement, on: string): readonly string[] {
  const apart = scored - agreed;
  return apart > 0 && apart >= disputed * scored
    ? [`${inMode(of)}${on}: ${evaluators.join(' and ')} disagree on ${apart} of ${scored} answers.`]
    : [];
}

/**
 * Warns of models that answered some trials in one precision and some in another, as a run does that goes on elsewhere:
 * their rates mix two models. An attack may compute gradients in a precision of their own, in each of its trials.
 */
function precisionWarnings(digests: readonly TrialDigest[]): readonly string[] {
  return [...groupedBy(digests, ({ model }) => model)].flatMap(([model, own]) => {
    const known = distinct(own.flatMap(({ usage }) => usage.precisions ?? []));
    const shared = known.filter((precision) =>
      own.every(({ usage }) => (usage.precisions ?? known).includes(precision)),
    );
    return known.length > 1 && shared.length === 0
      ? [
          `${model} computed some answers in ${known.toSorted().join(', others in ')}: rates over both mix two models.`,
        ]
      : [];
  });
}

/**
 * Models behind servers, each with its version: where one has several, it changed during the run. Which of them did not
 * get what the plan says of date and template variables, and whether tokens went uncounted.
 */
function serverWarnings(digests: readonly TrialDigest[]): readonly string[] {
  const served = digests.flatMap((digest) => digest.served ?? []);
  if (served.length === 0) return [];
  const listed = (servers: readonly Served[]) => {
    const names = servers.map(
      ({ host, model, version }) => `${model} at ${host} (${version ?? 'version unknown'})`,
    );
    return firstOf(distinct(names).toSorted(), (text) => text).join(', ');
  };
  const unsent = served.filter(({ templateSettings }) => templateSettings === 'not-sent');
  const uncounted = digests.filter(({ tokens }) => tokens === null).length;
  return [
    ...(unsent.length > 0
      ? [
          `The date and the variables of chat templates were not sent, because the server takes none: ${listed(unsent)}. ` +
            "Its own template may have read today's date.",
        ]
      : []),
    ...(uncounted > 0
      ? [
          `${plural(uncounted, 'trial')} spent tokens that the server did not count; sums over them are unknown.`,
        ]
      : []),
    `Servers wrote these answers and may write others when asked again: ${listed(served)}.`,
  ];
}

const inMode = (of: Pick<Agreement, 'attack' | 'mode'>): string =>
  isAdaptive(of) ? `${of.attack} (adaptive)` : of.attack;

const isHarmful = ({ kind }: TrialDigest): boolean => kind === 'harmful';

function byAttack(plan: Plan, digests: readonly TrialDigest[]) {
  const attacks = new Set([...plan.attacks.map(({ id }) => id), directRequest]);
  const groups = groupedBy(digests, ({ model, attack }) => `${model} ${attack}`);
  return plan.models.targets.flatMap((model) =>
    [...attacks].flatMap((attack) => {
      const own = groups.get(`${model} ${attack}`);
      return own ? [{ model, attack, own }] : [];
    }),
  );
}

/**
 * Undefended harmful trials that send exactly what another trial sends to the same model. The direct request is the
 * original that others copy, never a copy.
 */
function copiedResults(digests: readonly TrialDigest[]): ReadonlySet<TrialDigest> {
  const attacking = digests.filter(
    ({ defense, kind, finishReason, edited }) =>
      defense === undefended && kind === 'harmful' && finishReason !== 'failed' && !edited,
  );
  const request = ({ model, sent }: TrialDigest) => `${model} ${sent}`;
  const times = new Map<string, number>();
  for (const trial of attacking) times.set(request(trial), (times.get(request(trial)) ?? 0) + 1);
  const copies = attacking.filter((trial) => times.get(request(trial))! > 1);
  return new Set(copies.filter(({ attack }) => attack !== directRequest));
}

/** Agreement of each pair of evaluators over the harmful trials of one attack in one mode. */
export const agreementOf = (
  of: { readonly model: string; readonly attack: string; readonly mode: AttackMode },
  harm: readonly ScoringEvaluator[],
  trials: readonly TrialDigest[],
): readonly Agreement[] =>
  harm.flatMap((one, i) =>
    harm.slice(i + 1).map((other): Agreement => {
      const pairs = trials
        .map((trial) => [verdictOf(one, trial), verdictOf(other, trial)] as const)
        .filter(([a, b]) => a !== null && b !== null);
      const agreed = pairs.filter(([a, b]) => a === b).length;
      return { ...of, evaluators: [one.id, other.id], scored: pairs.length, agreed };
    }),
  );
