/** @file Entry `glovebox/testing`: attacks, evaluators and behaviors to test a model with. */
export * from './attacks.ts';
export * from './evaluators.ts';
export { attack } from './attack.ts';
export type { AttackRate, AttackReport, AttackRequest, AttackTrial } from './attack-report.ts';
export type { BehaviorInput } from './behaviors.ts';
export type { ConfiguredAttack, ConfiguredEvaluator } from './configured.ts';
export type { Behavior } from '../core/behavior.ts';
export { rateOf, wilson, type Rate } from '../core/statistics.ts';
export type { Score } from '../evaluators/evaluator.ts';
export type { BehaviorSet } from '../data/behavior-set.ts';
export { injection } from '../data/injection/behaviors.ts';
export { secrets } from '../data/secrets/behaviors.ts';
export { tinytown } from '../data/tinytown/behaviors.ts';
