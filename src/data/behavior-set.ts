/** @file A named list of behaviors. */
import type { Behavior } from '../core/behavior.ts';
import type { ContrastPrompts } from '../core/contrast.ts';

export interface BehaviorSet {
  readonly id: string;
  readonly title: string;
  /** One sentence for the card. */
  readonly summary: string;
  readonly license: string;
  readonly behaviors: readonly Behavior[];
  /** Of an imported set: names its content, so that a plan can say which it means. */
  readonly sha256?: string;
  /** Requests in the same domain that are not among the behaviors, for methods to learn from before they are tested. */
  readonly contrast?: ContrastPrompts;
}
