/** @file Whether an attack stayed within what the attacker of a behavior can write. */
import type { Behavior } from '../core/behavior.ts';
import { promptIn } from '../core/document.ts';
import { LabError } from '../core/errors.ts';
import { conversation, type AttackResult } from './attack.ts';

/**
 * Checks that the attack stayed where the behavior lets an attacker write, if it names such a place.
 * @throws LabError 'not-supported' for a result that changes anything but the attacker's words in the document
 */
export function checkReach(behavior: Behavior, result: AttackResult, attack: string): void {
  if (behavior.document?.task === undefined) return;
  const { messages, assistantPrefix, assistantThought, edit } = result;
  const begun = assistantPrefix ?? assistantThought;
  const prompt = promptIn(behavior, messages.at(-1)?.content ?? '');
  const expected = prompt === null ? [] : conversation(behavior, prompt);
  const isWithin =
    expected.length === messages.length &&
    expected.every(({ role, content }, i) => messages[i]!.role === role && messages[i]!.content === content);
  if (isWithin && begun === undefined && edit === undefined) return;
  throw new LabError(
    'not-supported',
    `"${attack}" needs more than a place in a document, which is all that the attacker of this behavior has.`,
    { advice: 'Pick an attack that writes a single prompt, such as "indirect-injection" or "gcg".' },
  );
}
