/** @file Why a try got through, in one sentence, from what each defense reported of it. Pure. */
import type { DefenseEvent } from '../../core/defense-event.ts';

type Account = (event: DefenseEvent) => string;

const number = (event: DefenseEvent, name: string): number | null => {
  const value = event.detail?.[name];
  return typeof value === 'number' ? value : null;
};
const percent = (share: number): string => `${Math.round(share * 100)}%`;

/** A guard decides by a probability, which its event carries. */
const guardAccount =
  (name: string, read: string): Account =>
  (event) => {
    const [probability, threshold] = [number(event, 'probability'), number(event, 'threshold')];
    return probability === null || threshold === null
      ? `the ${name} found ${read} harmless`
      : `the ${name} gave ${read} a ${percent(probability)} probability of harm and stops from ${percent(threshold)}`;
  };

/** Of the defenses of the eight levels, and of some that players add; any other is told by what it did. */
const accounts: Readonly<Record<string, Account>> = {
  'self-reminder': () => 'the reminder around them changed nothing about that',
  'goal-priority': () => 'told to think of safety first, it answered all the same',
  'prompt-guard': guardAccount('prompt guard', 'your request'),
  'output-guard': guardAccount('output guard', 'the answer'),
  'self-evaluation': () => 'the judge that read the answer called it harmless',
  paraphrase: () => 'in the words of the paraphraser they still asked for it',
  retokenization: () => 'in smaller tokens it could still read them',
  'smooth-llm': (event) => {
    const [complied, copies] = [number(event, 'complied'), number(event, 'copies')];
    return complied === null || copies === null
      ? 'most of the scrambled copies were still answered'
      : `${complied} of ${copies} scrambled copies of them were still answered`;
  },
  'safe-decoding': () => 'the first tokens, which a safety expert steers, began no refusal',
};

const actions: Readonly<Record<DefenseEvent['action'], string>> = {
  passed: 'let it through',
  edited: 'changed the request, and it still worked',
  blocked: 'answered in its place',
  resampled: 'asked several times, and it still worked',
  steered: 'steered the answer, and it still came',
};

/**
 * @param events of the try that opened the vault, in the order in which the defenses acted
 * @param titleOf the title of a defense
 */
export function whatBeatWhat(events: readonly DefenseEvent[], titleOf: (id: string) => string): string {
  const told = events.map(
    (event) => accounts[event.defense]?.(event) ?? `${titleOf(event.defense)} ${actions[event.action]}`,
  );
  const reasons = ['the model did not refuse your words', ...told];
  const [last, ...before] = reasons.toReversed();
  const text = before.length === 0 ? last! : `${before.toReversed().join('; ')}; and ${last}`;
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}
