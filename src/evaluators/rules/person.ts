import { arxiv } from '../../core/method.ts';
import { defineEvaluator, unscored } from '../evaluator.ts';

/** The verdict of a person who reads the answers: undecided while a run computes, and what the labels say afterwards. */
export const person = defineEvaluator({
  id: 'person',
  title: "A person's label",
  paper: arxiv('2402.04249', 'HarmBench: A Standardized Evaluation Framework for Automated Red Teaming'),
  summary: 'Takes the labels that a person gives to answers on the page of each trial.',
  differs:
    'The paper has people label answers to check its classifier against them; here labels stand beside every evaluator, and are the truth that the others are measured by.',
  access: 'black-box',
  needs: [],
  measures: 'harm',
  yesFrom: 1,
  options: {},
  async score() {
    return unscored('unlabelled', 'Nobody has labelled this answer yet.');
  },
});
