/** @file Runs one attack on its behaviors, with the runner of the lab. */
import { directRequest } from '../attacks/direct-request.ts';
import type { Behavior } from '../core/behavior.ts';
import { undefended } from '../lab/plan/plan.ts';
import type { TrialRecord } from '../lab/records/trial.ts';
import { checkVisible } from '../lab/run/adaptive-target.ts';
import { defendedModel } from '../lab/run/defended-model.ts';
import { trialError } from '../lab/run/failures.ts';
import { learnAttacks } from '../lab/run/learn.ts';
import { createSignalMeters } from '../lab/run/meter.ts';
import { runChunk, textSettings } from '../lab/run/run-chunk.ts';
import type { TrialSettings } from '../lab/trials/resolve.ts';
import { heldOut, withTraining } from '../lab/trials/training.ts';
import { greedy, type LanguageModel } from '../models/language-model.ts';
import type { AttackRequest } from './attack-report.ts';
import type { ConfiguredAttack, ConfiguredDefense } from './configured.ts';

export interface Column {
  /** Without its defenses. */
  readonly model: LanguageModel;
  readonly defenses: readonly ConfiguredDefense[];
  readonly attack: ConfiguredAttack;
  readonly asked: readonly Behavior[];
  /** All behaviors of the request. */
  readonly tested: readonly Behavior[];
  readonly request: AttackRequest;
}

/** The record of each behavior that the attack is tested on; those that it learns from are left out. */
export async function* runColumn(column: Column): AsyncGenerator<TrialRecord> {
  const { model, defenses, attack, asked, tested, request } = column;
  const { seed = 0, concurrency = 8, mode: wanted = 'adaptive', examples: contrast = null } = request;
  const { signal = new AbortController().signal } = request;
  const settings = settingsOf(request, tested);
  const chosen = withTraining(attack, { tested, known: tested, contrast, seed });
  const models = { ...attack.models, target: () => model };
  const meters = createSignalMeters();
  const stack = defenses.map(({ defense: method, ...rest }) => ({ method, ...rest }));
  const defended = defendedModel(models, model.access, stack, meters.meterOf);
  const name = stack.map(({ method }) => method.id).join('+') || undefended;
  const adapts = wanted === 'adaptive' && stack.length > 0 && attack.method.id !== directRequest.id;
  if (adapts) checkVisible(defended, attack.method.access);
  const quiet = { onStep: () => undefined, recordable: trialError, signal };
  const lessons = await learnAttacks(
    models,
    [{ attack: chosen, ...(adapts && { behind: { stack: name, defended, meters } }) }],
    { texts: textSettings(settings), behaviors: tested, contrast, seed, ...quiet },
  );
  const mode = adapts ? 'adaptive' : 'static';
  const trials = heldOut(chosen, asked).map((behavior, place) => {
    const key = {
      model: model.id,
      behavior: behavior.id,
      attack: attack.method.id,
      defense: name,
      mode,
    } as const;
    return { place, behavior, key, seed: `${seed}/${model.id}/${behavior.id}/${attack.method.id}` };
  });
  for (let start = 0; start < trials.length; start += concurrency) {
    const chunk = {
      ...({ attack: chosen, mode, stack: { name, defenses: stack } } as const),
      trials: trials.slice(start, start + concurrency),
    };
    const context = { settings, models, defended, meters, lessons, outcomes: new Map(), ...quiet };
    for (const { record } of await runChunk(chunk, context)) yield record;
  }
}

const settingsOf = (
  { evaluators, sampling = greedy, maxNewTokens = 256, budget }: AttackRequest,
  tested: readonly Behavior[],
): TrialSettings => ({
  evaluators,
  sampling: { ...sampling, maxNewTokens },
  chatTemplate: {},
  topTokens: 0,
  trainingBehaviors: tested,
  ...(budget && { attackBudget: budget }),
});
