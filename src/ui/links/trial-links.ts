/** @file Links that repeat a trial's request by hand on other pages. Pure. */
import type { OptionsSpec } from '../../core/options.ts';
import { atRate } from '../../lab/plan/false-positives.ts';
import type { PlanOutline } from '../../lab/plan/outline.ts';
import { defenseName } from '../../lab/plan/plan.ts';
import type { TrialRecord } from '../../lab/records/trial.ts';
import { writeInsightLink, writeMicroscopeLink, writePlaygroundLink } from './setups.ts';

/**
 * The plan with what its rate of false positives means for each defense, so that one of them asks alone as it did there.
 * @param specOf options of a defense by its id
 */
export const asAsked = (plan: PlanOutline, specOf: (id: string) => OptionsSpec | undefined): PlanOutline => ({
  ...plan,
  defenses: plan.defenses.map((column) => ({
    ...column,
    stack: column.stack.map((choice) => ({
      ...choice,
      ...atRate(choice, specOf(choice.id) ?? {}, plan.falsePositives),
    })) as typeof column.stack,
  })),
});

/** The defenses that the trial ran behind, in the order of the plan. */
export const stackOf = (plan: PlanOutline, { defense }: Pick<TrialRecord, 'defense'>) =>
  plan.defenses.find((column) => defenseName(column) === defense)?.stack ?? [];

/** The attack that begins answers, and the longest beginning that it takes. */
export const openingAttack = { id: 'assistant-prefix', most: 1000 } as const;

/**
 * The request and what its answer begins with, for pages that ask it again: `null` where that cannot repeat it. The opening
 * is the attack that begins answers.
 */
function askedAgain({ attackResult, behaviorDetail }: TrialRecord) {
  const request = requestOf(attackResult);
  const { assistantPrefix = '' } = attackResult;
  if (!request || assistantPrefix !== assistantPrefix.trim() || assistantPrefix.length > openingAttack.most)
    return null;
  const { prompt, set, id } = behaviorDetail;
  return {
    ...request,
    ...(prompt === request.prompt && { set, behavior: id }),
    ...(assistantPrefix !== '' && {
      attack: openingAttack.id,
      attackOptions: { source: 'affirmative', affirmative: assistantPrefix },
    }),
  };
}

/** The request as text: a system prompt, if there is one, and one request, whatever the answer begins with. */
function requestOf({ messages, assistantThought, edit }: TrialRecord['attackResult']) {
  const last = messages.at(-1);
  const before = messages.slice(0, -1);
  if (last?.role !== 'user' || (assistantThought ?? edit) !== undefined) return null;
  if (before.length === 0) return { prompt: last.content };
  const [only] = before;
  return before.length === 1 && only?.role === 'system'
    ? { system: only.content, prompt: last.content }
    : null;
}

/** The set-up of the playground that asks what this trial asked, behind the same defenses; `null` if it cannot. */
export function playgroundSetup(plan: PlanOutline, record: TrialRecord): string | null {
  const request = askedAgain(record);
  if (!request || request.system !== undefined || record.attackResult.sampling) return null;
  const stack = stackOf(plan, record).map(({ id, options }) => ({ id, on: true, options }));
  const { temperature, maxNewTokens } = plan.sampling;
  return writePlaygroundLink({ model: record.model, ...request, stack, temperature, maxNewTokens });
}

/**
 * The set-up of the microscope that asks what this trial asked, with the last defense at decoding on the left and none
 * on the right; `null` if it cannot.
 * @param isDecoding whether a defense acts there
 */
export function microscopeSetup(
  plan: PlanOutline,
  record: TrialRecord,
  isDecoding: (id: string) => boolean,
): string | null {
  const request = askedAgain(record);
  if (!request) return null;
  const policy = stackOf(plan, record).findLast(({ id }) => isDecoding(id));
  const { temperature, maxNewTokens } = { ...plan.sampling, ...record.attackResult.sampling };
  return writeMicroscopeLink({
    model: record.model,
    ...request,
    lanes: [
      { defense: policy?.id ?? '', options: policy?.options ?? {} },
      { defense: '', options: {} },
    ],
    compare: policy !== undefined,
    seed: plan.seed,
    temperature,
    maxNewTokens,
  });
}

/** The set-up of the insight page that reads what this trial sent and how its answer began; `null` if it cannot. */
export function insightSetup(record: TrialRecord): string | null {
  const { prompt: request, set, context } = record.behaviorDetail;
  const sent = requestOf(record.attackResult);
  if (!sent || sent.system !== context) return null;
  return writeInsightLink({
    ...{ model: record.model, set, behavior: record.behavior },
    text: sent.prompt.replace(request, () => '{request}'),
    opening: record.attackResult.assistantPrefix ?? '',
  });
}
