import { linearWeightVjp } from '../../../../src/models/programs/operations/linear.ts';
import {
  targetLogProbs,
  targetLogProbsSaving,
  targetLogProbsVjp,
} from '../../../../src/models/programs/operations/log-probs.ts';
import { rowsOf, timesTransposed, values, type Named } from '../values.ts';
import { checkOperation, type OperationCase } from './check.ts';

/** One target twice, and some of the vocabulary never. */
const targets = [5, 0, 5, 3];
const oneHot = values(
  [4, 7],
  targets.flatMap((target) => Array.from({ length: 7 }, (_, id) => (id === target ? 1 : 0))),
);

const shared = {
  inputs: { states: [4, 3], head: [7, 3] },
  given: { oneHot },
  integers: { targets: { shape: [4], data: targets } },
  reference: ({ states, head }: Named) =>
    values(
      [4, 1],
      rowsOf(timesTransposed(states!, head!)).map(
        (logits, m) =>
          logits[targets[m]!]! - Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit), 0)),
      ),
    ),
} satisfies Partial<OperationCase>;

checkOperation('log-probs of targets', {
  ...shared,
  forward: (g) => targetLogProbs(g, 'states', 'head', 'targets'),
});

checkOperation('log-probs of targets, with what their gradients need', {
  ...shared,
  forward: (g) => targetLogProbsSaving(g, 'states', 'head', 'targets').logProbs,
  vjp(g, dy) {
    const { probs } = targetLogProbsSaving(g, 'states', 'head', 'targets');
    const { dStates, dOthers } = targetLogProbsVjp(g, probs, 'head', 'targets', dy, 3);
    const dLogits = g.op('Add', [dOthers, g.op('Mul', ['oneHot', dy])]);
    return { states: dStates, head: linearWeightVjp(g, 'states', dLogits) };
  },
});
