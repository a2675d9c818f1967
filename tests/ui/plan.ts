/** @file A small plan for the tests of the pages. */
import { parsePlan, type PlanInput } from '../../src/lab/plan/plan.ts';

export const planInput: PlanInput = {
  version: 1,
  name: 'Small',
  models: { targets: ['tinytown-chat'], roles: { expert: 'tinytown-expert', judge: 'tinytown-chat' } },
  behaviors: [
    { set: 'tinytown', kinds: ['harmful'], limit: 4 },
    { set: 'tinytown', kinds: ['benign-lookalike'], limit: 3 },
  ],
  attacks: [{ id: 'direct-request' }, { id: 'assistant-prefix' }],
  defenses: [
    { stack: [{ id: 'self-reminder' }] },
    { name: 'both', stack: [{ id: 'self-reminder' }, { id: 'safe-decoding' }] },
  ],
  evaluators: [{ id: 'tinytown-oracle' }, { id: 'prefix-match' }, { id: 'pattern-refusal' }],
};
export const plan = parsePlan(planInput);
