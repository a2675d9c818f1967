/** @file Asks the prompt of a claimed success again, with other seeds. */
import type { AttackResult, Confirmation } from '../../attacks/attack.ts';
import { answerTest, type TestContext } from '../../attacks/parts/success/checked-answer.ts';
import { judgeTexts } from '../../attacks/parts/success/judge-score.ts';
import { successOptions, type TestOptions } from '../../attacks/parts/success/options.ts';
import type { Behavior } from '../../core/behavior.ts';
import { defaultsOf, type OptionsSpec, type OptionValues } from '../../core/options.ts';
import type { LanguageModel } from '../../models/language-model.ts';
import type { TrialSettings } from '../trials/resolve.ts';

export interface Claim {
  readonly behavior: Behavior;
  readonly model: LanguageModel;
  /** Of the attack. */
  readonly options: OptionValues<OptionsSpec>;
  readonly context: TestContext;
  readonly limits: Pick<TrialSettings, 'confirm' | 'sampling'>;
  readonly seed: string;
  /** True if a defense of the model draws at random. */
  readonly draws: boolean;
}

/** A result that claims success, and no longer claims it unless every repeat succeeds; any other result as it is. */
export async function confirmed(result: AttackResult, claim: Claim): Promise<AttackResult> {
  const { confirm: repeats } = claim.limits;
  if (repeats === undefined || result.claimed !== true) return result;
  const confirmation = await confirm(result, repeats, claim);
  return { ...result, confirmation, claimed: confirmation.answered === confirmation.repeats };
}

/**
 * Every repeat is answered as the answer of the trial will be, with a seed of its own, and tested as the search tests. A
 * greedy answer without random defenses is the same each time and is not asked again.
 */
async function confirm(
  { messages, sampling, assistantPrefix, assistantThought, answeredIn, edit }: AttackResult,
  repeats: number,
  { behavior, model, options, context, limits, seed, draws }: Claim,
): Promise<Confirmation> {
  const { maxNewTokens, ...planned } = limits.sampling;
  const sampled = sampling ?? planned;
  if (!draws && sampled.temperature === 0) return { repeats: 0, answered: 0 };
  const { success, echo } = { ...defaultsOf(successOptions), ...(options as Partial<TestOptions>) };
  const { signal, templates } = context;
  const test = answerTest(
    behavior,
    { success, echo },
    { ...context, templates: { ...judgeTexts.compact, ...templates } },
  );
  const begun = {
    ...(assistantPrefix !== undefined && { assistantPrefix }),
    ...(assistantThought && { assistantThought }),
  };
  const verdicts = await Promise.all(
    Array.from({ length: repeats }, async (_, i) => {
      const { text } = await model.generate(messages, {
        ...{ maxNewTokens, sampling: sampled, signal, seed: `${seed}/confirm/${i}` },
        ...begun,
        ...(edit && { edit }),
      });
      const question = { messages, ...begun, ...(answeredIn && { answeredIn }) };
      return (await test.verdictOn(question, text)).verdict;
    }),
  );
  return { repeats, answered: verdicts.filter((verdict) => verdict === 'answered').length };
}
