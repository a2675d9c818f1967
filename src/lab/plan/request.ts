/** @file A single request outside a run: the next turn of a chat, or one attack on one behavior. */
import type { Behavior } from '../../core/behavior.ts';
import type { ChatMessage } from '../../core/chat.ts';
import type { Sampling } from '../../models/language-model.ts';
import type { Plan, MethodChoice } from './plan.ts';
import type { TemplatePack } from './template-pack.ts';

export interface ChatRequest {
  readonly model: string;
  readonly messages: readonly ChatMessage[];
  readonly defenses: readonly MethodChoice[];
  /** Applied to the last user turn before it is sent. */
  readonly attack?: MethodChoice;
  /** The behavior the attack works toward; its target string steers the attacks that optimize one. */
  readonly behavior?: Behavior;
  readonly roles: Plan['models']['roles'];
  readonly sampling: Sampling & { readonly maxNewTokens: number };
  readonly seed: number;
  readonly topTokens: number;
  /** Ids of the first tokens of the answer, taken in place of what sampling chose. */
  readonly forced?: readonly number[];
  readonly evaluators?: readonly MethodChoice[];
}

export interface AttackRequest {
  readonly model: string;
  readonly behavior: Behavior;
  readonly attack: MethodChoice;
  /** Texts of the attack in place of its own. */
  readonly templates?: TemplatePack;
  readonly defenses: readonly MethodChoice[];
  readonly evaluators: readonly MethodChoice[];
  readonly roles: Plan['models']['roles'];
  readonly sampling: Sampling & { readonly maxNewTokens: number };
  readonly seed: number;
  /** Alternatives recorded per token of the answer. Default 0: none. */
  readonly topTokens?: number;
}
