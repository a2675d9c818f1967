/** @file What a reply of the target model comes to, for attacks that look at it while they search. */
import { isEmptyResponse, isRefusal, type RefusalScope } from '../../../core/refusal.ts';

export type ReplyLabel = 'refused' | 'empty' | 'answered';

/** An empty reply is a label of its own: it is neither a refusal nor a success. */
export const labelReply = (reply: string, scope?: RefusalScope): ReplyLabel =>
  isEmptyResponse(reply) ? 'empty' : isRefusal(reply, scope) ? 'refused' : 'answered';
