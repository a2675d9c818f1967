/** @file Parts of the lab's records that the pages name often. */
import type { MethodCard } from '../core/method.ts';
import type { Catalogue } from '../lab/plan/catalogue.ts';
import type { TrialRecord } from '../lab/records/trial.ts';

export type AttackStep = TrialRecord['attackSteps'][number];
export type AttackResult = TrialRecord['attackResult'];
export type DefenseEvent = TrialRecord['events'][number];
/** A card of any kind of method; only a defense has a stage and labels of the taxonomy. */
export type AnyCard = MethodCard & Partial<Pick<Catalogue['defenses'][number], 'stage' | 'taxonomy'>>;
export type ModelEntry = Catalogue['models'][number];
export type ModelTask = ModelEntry['task'];
export type Score = TrialRecord['scores'][string];
export type TokenTrace = TrialRecord['tokens'][number];
export type TokenOption = TokenTrace['top'][number];
