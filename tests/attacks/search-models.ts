/** @file A toy landscape for attacks with models in the loop: a prompt of level n needs the feedback of level n − 1. */
import { lastUserText, type ChatMessage } from '../../src/core/chat.ts';
import { scripted } from '../../src/models/runtimes/scripted.ts';

/** The level that a text speaks of, the last it names; 0 when it names none. */
export const levelIn = (text: string): number => Number([...text.matchAll(/level (\d+)/g)].at(-1)?.[1] ?? 0);

/** Rates level 1 with 4, level 2 with 7, level 3 with 10, and everything else with 1. */
const ratings: Readonly<Record<number, number>> = { 1: 4, 2: 7, 3: 10 };

/** A model that remembers what it was asked. */
export function recording(reply: (asked: string, messages: readonly ChatMessage[]) => string) {
  const asked: string[] = [];
  const model = scripted({
    reply(messages) {
      asked.push(lastUserText(messages));
      return reply(lastUserText(messages), messages);
    },
  });
  return { model, asked };
}

/** Repeats the level of the last prompt, so that only feedback tells the attacker where it is. */
export const target = () => recording((asked) => `This is level ${levelIn(asked)}.`);

export const json = (prompt: string) => JSON.stringify({ improvement: 'one up', prompt });

/** Goes one level above the answer it is shown. */
export const climber = () => recording((asked) => json(`Go to level ${levelIn(asked) + 1}`));

/** A judge of levels that finds everything on topic but what says "stray". */
export const judge = () =>
  recording((asked) => {
    if (asked.includes('still ask for')) return asked.includes('stray') ? '[[NO]]' : '[[YES]]';
    return `[[${ratings[levelIn(asked)] ?? 1}]]`;
  });

/** A judge that says nothing to the point. */
export const vague = () => recording(() => 'Hard to say.');
