/** @file Attacks a model on some behaviors and reports how often the attacks succeeded. */
import { directRequest } from '../attacks/direct-request.ts';
import type { Behavior } from '../core/behavior.ts';
import { LabError } from '../core/errors.ts';
import { grants } from '../core/method.ts';
import { answerRate } from '../lab/analysis/verdicts.ts';
import { digestOf } from '../lab/records/digest.ts';
import type { TrialRecord } from '../lab/records/trial.ts';
import type { LanguageModel } from '../models/language-model.ts';
import type { AttackRate, AttackReport, AttackRequest, AttackTrial } from './attack-report.ts';
import { readBehaviors, type BehaviorInput } from './behaviors.ts';
import { runColumn } from './column.ts';
import { attackMethod, type ConfiguredAttack, type ConfiguredEvaluator } from './configured.ts';
import type { DefendedModel } from './with-defenses.ts';

/**
 * Attacks the model, behind its defenses if it has some, by the path that every trial of the lab takes. Harmful behaviors
 * go through each attack; others are asked as they are, which shows what defenses cost.
 * @throws LabError 'bad-input' for a behavior that cannot be used, or without an evaluator; 'not-supported' for an attack
 *   that reads more of the model, or of its defenses, than they show; the signal's reason if it aborts
 */
export async function attack(
  model: LanguageModel | DefendedModel,
  behaviors: readonly BehaviorInput[],
  request: AttackRequest,
): Promise<AttackReport> {
  const tested = readBehaviors(behaviors);
  const { attacks = [direct()], evaluators, onTrial } = request;
  checkEvaluators(evaluators);
  const [bare, defenses] =
    'undefended' in model ? [model.undefended, model.defenses] : [model as LanguageModel, []];
  for (const { method } of attacks) checkAccess(bare, method);
  const columns: TrialRecord[][] = [];
  for (const { chosen, asked } of columnsOf(attacks, tested)) {
    const records: TrialRecord[] = [];
    for await (const record of runColumn({ model: bare, defenses, attack: chosen, asked, tested, request })) {
      records.push(record);
      onTrial?.(trialOf(record));
    }
    columns.push(records);
  }
  return {
    rates: columns.flatMap((records) => ratesOf(records, evaluators)),
    trials: columns.flat().map(trialOf),
  };
}

const direct = attackMethod(directRequest);

/** Each attack with what it is put to. Where there are behaviors to ask as they are, one attack does that. */
function columnsOf(attacks: readonly ConfiguredAttack[], tested: readonly Behavior[]) {
  const harmful = tested.filter(({ kind }) => kind === 'harmful');
  const others = tested.filter(({ kind }) => kind !== 'harmful');
  const plain = attacks.find(({ method }) => method.id === directRequest.id);
  const columns = attacks.map((chosen) => ({ chosen, asked: chosen === plain ? tested : harmful }));
  const more = plain === undefined ? [{ chosen: direct(), asked: others }] : [];
  return [...columns, ...more].filter(({ asked }) => asked.length > 0);
}

function ratesOf(
  records: readonly TrialRecord[],
  evaluators: readonly ConfiguredEvaluator[],
): readonly AttackRate[] {
  const digests = records.map(digestOf);
  const kinds = [...new Set(digests.map(({ kind }) => kind))];
  return kinds.flatMap((kind) =>
    evaluators.map(({ method }): AttackRate => ({
      attack: records[0]!.attack,
      ...{ kind, evaluator: method.id, measures: method.measures },
      ...answerRate(
        method,
        digests.filter((digest) => digest.kind === kind),
      ),
    })),
  );
}

function trialOf(record: TrialRecord): AttackTrial {
  const { attack: id, behavior, behaviorDetail, response, finishReason } = record;
  const { scores, events, usage, error, attackResult } = record;
  return {
    ...{ attack: id, behavior, kind: behaviorDetail.kind, sent: attackResult },
    ...{ response, finishReason, scores, events, usage },
    ...(error && { error }),
  };
}

/** @throws LabError 'bad-input' */
function checkEvaluators(evaluators: readonly ConfiguredEvaluator[]): void {
  const ids = evaluators.map(({ method }) => method.id);
  const twice = ids.find((id, i) => ids.indexOf(id) !== i);
  if (ids.length > 0 && twice === undefined) return;
  throw new LabError(
    'bad-input',
    twice === undefined ? 'No evaluator judges the answers.' : `"${twice}" is among the evaluators twice.`,
    { advice: 'Give each evaluator once, and at least one, such as patternRefusal().' },
  );
}

/** @throws LabError 'not-supported' */
function checkAccess({ id, access }: LanguageModel, method: ConfiguredAttack['method']): void {
  if (grants(access, method.access)) return;
  throw new LabError(
    'not-supported',
    `"${method.id}" reads the distributions of the model, and ${id} shows text alone.`,
    {
      advice:
        'Load the model with fromTextGeneration of glovebox/transformers, or take an attack that sends text alone, ' +
        'such as bestOfN.',
    },
  );
}
