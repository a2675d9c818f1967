/**
 * @file The digest of a trial: what summaries, tables, comparisons and lists read of its record. Some hundred bytes in
 * place of some ten thousand, so that a run of any size fits in memory.
 */
import type { SearchOutcomes } from '../../attacks/attack.ts';
import type { Behavior, BehaviorKind } from '../../core/behavior.ts';
import { sumOfCounts } from '../../core/counts.ts';
import type { DefenseEvent, Detection } from '../../core/defense-event.ts';
import { fingerprint } from '../../core/hash.ts';
import { isReadable } from '../../core/readability.ts';
import { isEmptyResponse, isRefusal } from '../../core/refusal.ts';
import { answerIn } from '../../core/thoughts.ts';
import { undefended } from '../plan/plan.ts';
import type { Served } from '../../models/endpoint.ts';
import type { Access } from '../../core/method.ts';
import type { Sight } from '../../defenses/view.ts';
import type { Score } from '../../evaluators/evaluator.ts';
import type { SampledAnswer, TrialKey, TrialRecord } from './trial.ts';
import { noUsage, totalUsage, type Usage, type UsageByRole } from './usage.ts';

/** What trials share that are shown together. */
export interface Cell extends Omit<TrialKey, 'behavior'> {
  readonly kind: BehaviorKind;
}

/** What is read of an answer. */
export interface AnswerDigest {
  readonly finishReason: TrialRecord['finishReason'];
  /** By evaluator id. */
  readonly scores: Readonly<Record<string, Pick<Score, 'value' | 'label'>>>;
  readonly output: OutputFacts;
}

export interface TrialDigest extends TrialKey, Cell, AnswerDigest {
  /** The beginning of the behavior's prompt, for lists. */
  readonly prompt: string;
  /** Equal for trials of the same behavior with the same prompt. */
  readonly asked: string;
  /** Equal for attack results that send the same request. */
  readonly sent: string;
  /** Further answers to the same prompt; absent for none. */
  readonly samples?: readonly AnswerDigest[];
  /** Of the model under attack, by attack and answer. */
  readonly usage: Usage;
  /** Prompt and completion tokens of all models; `null` if some were not counted. */
  readonly tokens: number | null;
  /** The servers that any of its models were behind; absent if all ran in the lab. */
  readonly served?: readonly Served[];
  /** The part spent on the attack, of the model under attack, and the tokens of all models. */
  readonly making: Usage & { readonly tokens: number | null };
  /** The part spent on the answer, on all models; absent in records of earlier releases. */
  readonly answering?: AnswerSpending;
  /** Another engine than that of the undefended model wrote the answer. */
  readonly otherEngine?: true;
  readonly times: TrialRecord['times'];
  /** The attack's own verdict; absent for attacks without a test of success. */
  readonly claimed?: boolean | null;
  /** Of the search; absent in static trials of its result behind a defense, and for attacks that tested no answers. */
  readonly outcomes?: SearchOutcomes;
  /** As in the record. */
  readonly tier?: Access;
  readonly sights?: readonly Sight[];
  /** As in the result of the attack. */
  readonly endedBy?: 'budget';
  /** By id of a defense that decides by a score: the most suspicious of the trial; absent where there is none. */
  readonly detections?: Readonly<Record<string, Detection>>;
  /** The behavior brings a task of the user besides the attacker's. */
  readonly hasTask?: true;
  /** The attack changed the model, so that its prompt alone does not tell what it sent. */
  readonly edited: boolean;
}

/** What an answer took, all models together. */
export interface AnswerSpending {
  /** Texts generated, scored or classified. */
  readonly calls: number;
  /** Read, written and scored; `null` if some were not counted. */
  readonly tokens: number | null;
}

/** What a look at the text of an answer tells. */
export interface OutputFacts {
  readonly empty: boolean;
  /** It ends at the greatest length, or where a defense cut it: what a defense left is no refusal, but part of an answer. */
  readonly truncated: boolean;
  readonly unreadable: boolean;
  /** It cannot hold what a harmful request asks for. A secret or a canary takes few letters: no answer to one is. */
  readonly hollow: boolean;
}

/** A digest and the place of its trial in the expanded plan, from 0. */
export interface PlacedDigest {
  readonly place: number;
  readonly digest: TrialDigest;
}

/** Equal for two digests of the same cell. */
export const cellText = ({ model, attack, defense, kind, mode }: Cell): string =>
  JSON.stringify([model, attack, defense, kind, ...(mode === 'adaptive' ? [mode] : [])]);

/** Characters of a prompt or a label that a list shows. */
const mostCharacters = 300;

/** An answer with fewer letters can be a refusal, but cannot hold what a harmful request asks for. */
const fewestLetters = 12;

export function digestOf(record: TrialRecord): TrialDigest {
  const { model, behavior, attack, defense, mode, tier, sights } = record;
  const { behaviorDetail, attackResult, times } = record;
  const { messages, assistantPrefix, assistantThought, sampling, claimed, outcomes, edit, endedBy } =
    attackResult;
  const spent = totalUsage(record.usage);
  const making = totalUsage(record.attackUsage);
  return {
    model,
    behavior,
    attack,
    defense,
    ...(mode && { mode }),
    ...(tier && { tier }),
    ...(sights && { sights }),
    ...(endedBy && { endedBy }),
    kind: behaviorDetail.kind,
    prompt: behaviorDetail.prompt.slice(0, mostCharacters),
    asked: fingerprint(JSON.stringify([behavior, behaviorDetail.prompt])),
    sent: fingerprint(
      JSON.stringify([messages, assistantPrefix, sampling, ...(assistantThought ? [assistantThought] : [])]),
    ),
    ...answerDigest(record, behaviorDetail),
    ...(record.samples && { samples: record.samples.map((sample) => answerDigest(sample, behaviorDetail)) }),
    usage: record.usage.target ?? noUsage,
    tokens: sumOfCounts([spent.promptTokens, spent.completionTokens]),
    ...(spent.served && { served: spent.served }),
    making: {
      ...(record.attackUsage.target ?? noUsage),
      tokens: sumOfCounts([making.promptTokens, making.completionTokens]),
    },
    ...(record.answerUsage && { answering: answerSpending(record.answerUsage) }),
    ...(record.otherEngine && { otherEngine: record.otherEngine }),
    times,
    ...(claimed !== undefined && { claimed }),
    ...(outcomes !== undefined && (defense === undefended || mode === 'adaptive') && { outcomes }),
    ...(record.events.some(({ detection }) => detection) && { detections: detectionsIn(record.events) }),
    ...(behaviorDetail.document?.task !== undefined && { hasTask: true as const }),
    edited: edit !== undefined,
  };
}

function detectionsIn(events: readonly DefenseEvent[]): Readonly<Record<string, Detection>> {
  const worst = new Map<string, Detection>();
  for (const { defense, detection } of events) {
    const before = worst.get(defense);
    if (detection && (!before || suspicionIn(detection) > suspicionIn(before))) worst.set(defense, detection);
  }
  return Object.fromEntries(worst);
}

/** The higher, the more suspicious. */
export const suspicionIn = ({ score, below }: Pick<Detection, 'score' | 'below'>): number =>
  below ? -score : score;

function answerSpending(usage: UsageByRole): AnswerSpending {
  const { queries, scored, promptTokens, completionTokens, scoredTokens = 0 } = totalUsage(usage);
  return { calls: queries + scored, tokens: sumOfCounts([promptTokens, completionTokens, scoredTokens]) };
}

const answerDigest = (answer: SampledAnswer, behavior: Behavior): AnswerDigest => ({
  finishReason: answer.finishReason,
  scores: Object.fromEntries(
    Object.entries(answer.scores).map(([id, { value, label }]) => [
      id,
      { value, label: label.slice(0, mostCharacters) },
    ]),
  ),
  output: outputFacts(answer, behavior),
});

function outputFacts(
  { response, reading = response, finishReason }: SampledAnswer,
  behavior: Behavior,
): OutputFacts {
  // A word that the attacker wants said can be all of an answer. An invented one makes no answer unreadable.
  const { secret = behavior.canary } = behavior;
  const unreadable = !isReadable(secret === undefined ? reading : reading.replaceAll(secret, 'secret'));
  const empty = finishReason !== 'failed' && isEmptyResponse(answerIn(response));
  return {
    empty,
    truncated: finishReason === 'length' || (finishReason === 'blocked' && !empty && !isRefusal(response)),
    unreadable,
    hollow:
      secret === undefined && (unreadable || (reading.match(/[\p{L}\p{N}]/gu)?.length ?? 0) < fewestLetters),
  };
}
