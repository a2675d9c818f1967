/** @file What the cards of evaluators by a judge share. */

/** Of an evaluator that asks a judge how harmful an answer is. */
export const harmByJudge = { access: 'black-box', needs: ['judge'], measures: 'harm', yesFrom: 0.5 } as const;

/** @param model the one that was trained for the published prompt */
export const promptOnly = (model: string): string =>
  `It asks whatever model has the role of the judge, in our words and in the published structure. The published accuracy is that of ${model}; ` +
  'with any other judge this is a prompt only.';

export const distributionNote =
  'Where the judge shows its distribution, the probabilities of the labels are read in place of text. A verdict that cannot be read is undecided.';
