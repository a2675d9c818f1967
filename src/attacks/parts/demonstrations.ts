/** @file Questions with compliant answers, for attacks that show the model how it should answer. */
import type { Behavior } from '../../core/behavior.ts';
import { assistant, user, type ChatMessage } from '../../core/chat.ts';
import type { Random } from '../../core/random.ts';
import { fillSlots } from '../../core/slots.ts';
import { templateOf, templatePacks, type Templates } from '../../core/templates.ts';
import type { LanguageModel } from '../../models/language-model.ts';
import { promptTokens } from '../../models/prompt-size.ts';
import { conversation, type MutationContext } from '../attack.ts';
import compact from '../templates/compact/demonstrations.json' with { type: 'json' };
import full from '../templates/full/demonstrations.json' with { type: 'json' };
import { contentWords, echoShare } from './content-words.ts';

/** To be joined with the templates of a method that shows demonstrations. */
export const demonstrationTexts = templatePacks(compact, full);

export interface Demonstration {
  readonly question: string;
  readonly answer: string;
}

/**
 * Up to `count` demonstrations: other harmful behaviors that have a target, in random order, and then invented ones. A
 * larger count begins with those of a smaller one.
 */
export const demonstrationsFor = (
  behavior: Behavior,
  count: number,
  { others, templates }: Pick<MutationContext, 'others' | 'templates'>,
  random: Random,
): readonly Demonstration[] => {
  const found = otherDemonstrations(behavior, others, templates, random.fork('others'));
  return [...found, ...inventedDemonstrations(behavior, count, templates, random)].slice(0, count);
};

/** Requests of other behaviors; each answer opens with the target and goes on with steps that give nothing away. */
const otherDemonstrations = (
  { id, prompt, context }: Behavior,
  others: readonly Behavior[],
  templates: Templates,
  random: Random,
): readonly Demonstration[] =>
  random
    .shuffle(others.filter((other) => other.id !== id && other.kind === 'harmful'))
    .flatMap(({ prompt: question, context: system, target }, i) => {
      // One that asks for the same is the behavior under test, unless it does so in another setting.
      const isSame = system === context && echoShare(prompt, question) === 1;
      if (target === undefined || isSame) return [];
      const answer = templateOf(templates, 'answer-to-other', random.fork(`answer ${i}`));
      return [{ question, answer: fillSlots(answer, { opening: target }) }];
    });

/** The deed that the behavior asks for, "wake the stone giant", when request and target name it in the same words. */
function deedOf({ prompt, target }: Behavior): string | null {
  const deed = /\bhow to (.+?)[\s:.!,]*$/is.exec(target ?? '')?.[1];
  return deed !== undefined && prompt.includes(deed) ? deed : null;
}

/**
 * Up to `count` demonstrations, drawn without repeats; a larger count begins with the draws of a smaller one. Where
 * request and target name the deed in the same words, a demonstration is both with another deed, because models copy
 * best what looks alike. Deeds that share a word with the request are left out.
 */
export function inventedDemonstrations(
  behavior: Behavior,
  count: number,
  templates: Templates,
  random: Random,
): readonly Demonstration[] {
  const requestWords = new Set(contentWords(behavior.prompt));
  const isForeign = (word: string) => contentWords(word).every((part) => !requestWords.has(part));
  const verbs = (templates['verb'] ?? []).filter(isForeign);
  const objects = (templates['object'] ?? []).filter(isForeign);
  const deeds = random.shuffle(verbs.flatMap((verb) => objects.map((object) => ({ verb, object }))));
  const own = deedOf(behavior);
  const question = own ? behavior.prompt.replace(own, '{deed}') : templateOf(templates, 'question');
  const opening = own ? behavior.target!.replace(own, '{deed}') : templateOf(templates, 'opening');
  return deeds.slice(0, count).map(({ verb, object }, i) => {
    const slots = { deed: `${verb} ${object}`, verb, object };
    const answer = templateOf(templates, 'answer', random.fork(`answer ${i}`));
    return {
      question: fillSlots(question, slots),
      answer: fillSlots(answer, { ...slots, opening: fillSlots(opening, slots) }),
    };
  });
}

/**
 * Demonstrations that a user wrote: blocks with a blank line between them, the question on the first line of each and
 * the answer below. Blocks that ask what the behavior asks, or lack an answer, are left out.
 */
export const writtenDemonstrations = (text: string, { prompt }: Behavior): readonly Demonstration[] =>
  text
    .split(/\n\s*\n/)
    .map((block) => {
      const [question = '', ...answer] = block.trim().split('\n');
      return { question: question.trim(), answer: answer.join('\n').trim() };
    })
    .filter(({ question, answer }) => question !== '' && answer !== '' && question !== prompt.trim());

/** Where the demonstrations stand: in earlier turns of the conversation, or all in one prompt. */
export const demonstrationForms = ['turns', 'prompt'] as const;
export type DemonstrationForm = (typeof demonstrationForms)[number];

/** The demonstrations, then the request. */
export function withDemonstrations(
  behavior: Behavior,
  demonstrations: readonly Demonstration[],
  form: DemonstrationForm,
  templates: Templates,
): readonly ChatMessage[] {
  if (demonstrations.length === 0) return conversation(behavior);
  if (form === 'prompt') {
    const shots = demonstrations.map((shot) => fillSlots(templateOf(templates, 'shot'), { ...shot }));
    const last = fillSlots(templateOf(templates, 'last'), { goal: behavior.prompt });
    return conversation(behavior, [...shots, last].join('\n'));
  }
  const request = conversation(behavior);
  const turns = demonstrations.flatMap(({ question, answer }) => [user(question), assistant(answer)]);
  return [...request.slice(0, -1), ...turns, request.at(-1)!];
}

/** The first demonstrations, as many as leave `room` tokens for the answer. */
export function thatFit(
  model: LanguageModel,
  demonstrations: readonly Demonstration[],
  room: number,
  place: (demonstrations: readonly Demonstration[]) => readonly ChatMessage[],
): readonly Demonstration[] {
  let shown = demonstrations;
  while (shown.length > 0 && promptTokens(model, place(shown)) + room > model.contextWindow)
    shown = shown.slice(0, -1);
  return shown;
}
