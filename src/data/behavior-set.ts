/** @file A named list of behaviors. */
import type { Behavior } from '../core/behavior.ts';

export interface BehaviorSet {
  readonly id: string;
  readonly title: string;
  /** One sentence for the card. */
  readonly summary: string;
  readonly license: string;
  readonly behaviors: readonly Behavior[];
}
