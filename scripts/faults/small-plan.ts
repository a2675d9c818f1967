/** @file The plan that is disturbed: 120 cheap trials, a few seconds of work. */
import type { PlanInput } from '../../src/lab/plan/plan.ts';

export const smallPlan: PlanInput = {
  version: 1,
  name: 'Disturbed',
  models: { targets: ['tinytown-chat'] },
  behaviors: [{ set: 'tinytown', limit: 15 }],
  attacks: [{ id: 'direct-request' }, { id: 'assistant-prefix' }],
  defenses: [{ stack: [{ id: 'self-reminder' }] }],
  evaluators: [{ id: 'tinytown-oracle' }, { id: 'pattern-refusal' }],
  sampling: { maxNewTokens: 24 },
  concurrency: 3,
};
export const smallPlanTrials = 120;
