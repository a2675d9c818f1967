/** @file Single requests outside a run: the next turn of a chat, one attack on one behavior, or a list of prompts. */
import { z } from 'zod';
import { behaviorSchema, type Behavior } from '../../core/behavior.ts';
import { lastUserText, type ChatMessage } from '../../core/chat.ts';
import { LabError } from '../../core/errors.ts';
import { issueTexts } from '../../core/excerpt.ts';
import { nameSchema } from '../../core/name.ts';
import type { PackName } from '../../core/templates.ts';
import type { Sampling } from '../../models/language-model.ts';
import type { AttackMode } from './attack-mode.ts';
import { planSchema, type MethodChoice, type Plan } from './plan.ts';
import type { TemplatePack } from './template-pack.ts';

/** What every request names. A plan with one behavior, one attack and one stack says the same. */
export interface TrialRequest {
  readonly model: string;
  readonly attack?: MethodChoice;
  /** The pack of texts that the attack works with. Default: the full one wherever it fits. */
  readonly texts?: PackName;
  /** Texts of the attack in place of its own. */
  readonly templates?: TemplatePack;
  readonly defenses: readonly MethodChoice[];
  readonly evaluators?: readonly MethodChoice[];
  readonly roles: Plan['models']['roles'];
  readonly sampling: Sampling & { readonly maxNewTokens: number };
  readonly seed: number;
  /** What chat templates read. Default: a constant date, and no variables. */
  readonly chatTemplate?: Partial<Plan['chatTemplate']>;
  /** Alternatives recorded per token of the answer. Default 0: no tokens. */
  readonly topTokens?: number;
}

export interface ChatRequest extends TrialRequest {
  /** The conversation so far. An attack is applied to its last user turn before it is sent. */
  readonly messages: readonly ChatMessage[];
  /** The behavior the attack works toward; its target string steers the attacks that optimize one. */
  readonly behavior?: Behavior;
  /** Ids of the first tokens of the answer, taken in place of what sampling chose. */
  readonly forced?: readonly number[];
}

/** The fields that a request shares with a plan, with the same ranges. */
const sharedSchema = z.object({
  model: nameSchema,
  seed: planSchema.shape.seed,
  sampling: planSchema.shape.sampling.unwrap().loose(),
  chatTemplate: planSchema.shape.chatTemplate,
  topTokens: planSchema.shape.record.unwrap().shape.topTokens,
  behavior: behaviorSchema,
});

/** @throws LabError 'bad-input' that names every field out of its range */
export function checkRequest(request: TrialRequest, behavior: Behavior): void {
  const { model, seed, sampling, topTokens, chatTemplate } = request;
  const parsed = sharedSchema.safeParse({ model, seed, sampling, chatTemplate, topTokens, behavior });
  if (parsed.success) return;
  const reasons = issueTexts(parsed.error.issues, 'request').join('; ');
  throw new LabError('bad-input', `The request is not valid. ${reasons}.`, {
    advice: 'Correct the values named above.',
  });
}

/** Of a chat that works toward nothing. */
export const freeChat: Behavior = { id: 'chat', prompt: '', category: 'chat', set: 'chat', kind: 'benign' };

/** The behavior of a chat: what was typed last, without a system prompt, since the conversation brings its own. */
export function chatBehavior({
  messages,
  behavior: { context: _, ...behavior } = freeChat,
}: Pick<ChatRequest, 'messages' | 'behavior'>): Behavior {
  return { ...behavior, prompt: lastUserText(messages) };
}

/** Prompts of an attack that needs no model for them, one for each harmful behavior of a set. */
export interface MutateRequest {
  readonly attack: MethodChoice;
  /** Default: `full`. */
  readonly texts?: PackName;
  readonly templates?: TemplatePack;
  readonly seed: number;
}

export interface AttackRequest extends TrialRequest {
  readonly behavior: Behavior;
  readonly attack: MethodChoice;
  /** Against what the attack is made: the model itself, or the defended one. Default: `static`. */
  readonly attackMode?: AttackMode;
  readonly evaluators: readonly MethodChoice[];
}
