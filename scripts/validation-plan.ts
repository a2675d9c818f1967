/**
 * @file `npx tsx scripts/validation-plan.ts [MODEL] > plan.json`: a plan that attacks a model on the validation
 * tasks, by which the mixture of its lessons is chosen. `npm run lab -- run plan.json --out FOLDER` runs it. The held-out
 * tasks are for the plans that are published.
 */
import { planSchema, type PlanInput } from '../src/lab/plan/plan.ts';
import { defaultRoles } from '../src/models/catalog.ts';
import { validationBehaviors } from '../training/corpus/hard/split.ts';

const searches = ['gcg', 'random-search', 'autodan', 'autodan-seeds', 'gptfuzzer', 'gptfuzzer-seeds', 'pair'];
const plan: PlanInput = {
  version: 1,
  name: 'Validation of Tinytown Hard',
  seed: 1,
  models: { targets: [process.argv[2] ?? 'tinytown-hard'], roles: defaultRoles },
  behaviors: [{ behaviors: [...validationBehaviors] }],
  attacks: ['direct-request', ...searches, 'resampling', 'flip-attack'].map((id) => ({ id })),
  evaluators: [{ id: 'tinytown-oracle' }, { id: 'pattern-refusal' }],
  record: { topTokens: 0 },
};
console.log(JSON.stringify(planSchema.parse(plan), null, 1));
