/** @file How the attacker model of a search wrote its prompts, in plain words. Pure. */
import { list, plural } from '../format.ts';
import type { AttackResult } from '../types.ts';

type AttackerReplies = NonNullable<AttackResult['attacker']>;

export function attackerWords({ protocol, prompts, json, salvaged, unreadable }: AttackerReplies): string {
  const asked = `It was asked for ${plural(prompts, ['# prompt', '# prompts'])} in ${protocol === 'json' ? 'JSON' : 'plain text'}`;
  const parts = [
    ...(protocol === 'json' ? [`${json} came so`] : []),
    ...(salvaged > 0 ? [`${salvaged} broke off or was malformed and was read in part`] : []),
    ...(unreadable > 0 ? [`${unreadable} could not be read`] : []),
  ];
  return parts.length === 0 ? `${asked}.` : `${asked}; ${list(parts)}.`;
}
