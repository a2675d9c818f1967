/** @file Everything that a plan can name. The host takes registries as an argument, so that tests can bring their own. */
import type { Attack } from '../../attacks/attack.ts';
import { baselineOf } from '../../attacks/baselines.ts';
import { attacks } from '../../attacks/index.ts';
import type { Registry } from '../../core/method.ts';
import type { BehaviorSet } from '../../data/behavior-set.ts';
import { behaviorSets } from '../../data/index.ts';
import { shippedData } from '../../data/training-data.ts';
import type { Defense } from '../../defenses/defense.ts';
import { defenses } from '../../defenses/index.ts';
import type { Evaluator } from '../../evaluators/evaluator.ts';
import { evaluators } from '../../evaluators/index.ts';
import type { FinetuningMethod } from '../../finetuning/finetuning.ts';
import { finetunings } from '../../finetuning/index.ts';
import { bundledModels, defaultRoles } from '../../models/catalog.ts';
import { knownModels } from '../../models/catalogue/known-models.ts';
import { hubEntries, offerOf } from '../../models/catalogue/offers.ts';
import type { Catalogue } from '../plan/catalogue.ts';
import type { KnownEntries } from '../plan/find-models.ts';
import { contentOf } from '../plan/set-card.ts';

export interface Registries extends KnownEntries {
  readonly attacks: Registry<Attack>;
  readonly defenses: Registry<Defense>;
  readonly evaluators: Registry<Evaluator>;
  readonly sets: Registry<BehaviorSet>;
}

export const registries: Registries = {
  attacks,
  defenses,
  evaluators,
  sets: behaviorSets,
  models: bundledModels,
  hub: hubEntries(knownModels),
};

/** The registries as plain data: without functions and behaviors. */
export function catalogueOf({ attacks, defenses, evaluators, sets, models, hub }: Registries): Catalogue {
  return {
    attacks: attacks.all.map((attack) => {
      const baseline = baselineOf(attack.id);
      return { ...card(attack), mutates: attack.mutate !== undefined, ...(baseline && { baseline }) };
    }),
    defenses: defenses.all.map((defense) => ({
      ...card(defense),
      stage: defense.stage,
      taxonomy: defense.taxonomy,
      learns: defense.prepare !== undefined,
    })),
    evaluators: evaluators.all.map((evaluator) => ({
      ...card(evaluator),
      measures: evaluator.measures,
      yesFrom: evaluator.yesFrom,
      ...(evaluator.gradesBy && { gradesBy: evaluator.gradesBy }),
      ...(evaluator.exact && { exact: evaluator.exact }),
    })),
    finetunings: finetunings.all.map((method) => ({
      ...card(method),
      ...{ purpose: method.purpose, recipe: method.recipe, reads: method.reads, taxonomy: method.taxonomy },
      ...(method.setsWeights && { setsWeights: true }),
    })),
    trainingData: Object.entries(shippedData).map(([id, { title }]) => ({ id, title })),
    models,
    hub,
    known: knownModels.map((model) => ({
      ...model,
      offers: model.builds.map((build) => offerOf(model, build)),
    })),
    roles: defaultRoles,
    sets: sets.all.map(({ id, title, summary, behaviors }) => ({
      id,
      title,
      summary,
      ...contentOf(behaviors),
    })),
  };
}

const card = ({
  id,
  title,
  paper,
  summary,
  differs,
  access,
  needs,
  needsWhen,
  takesWhen,
  options,
  templates,
}: Attack | Defense | Evaluator | FinetuningMethod) => ({
  id,
  title,
  paper,
  summary,
  ...(differs !== undefined && { differs }),
  access,
  needs,
  ...(needsWhen && { needsWhen }),
  ...(takesWhen && { takesWhen }),
  options,
  ...(templates && { templates }),
});
