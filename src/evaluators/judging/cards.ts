/** @file Sentences that the cards of evaluators share. */

/** @param model the one that was trained for the published prompt */
export const promptOnly = (model: string): string =>
  `It asks whatever model has the role of the judge, in our words and in the published structure. The published accuracy is that of ${model}; ` +
  'with any other judge this is a prompt only.';

export const distributionNote =
  'Where the judge shows its distribution, the probabilities of the labels are read in place of text. A verdict that cannot be read is undecided.';
