import { editSystem, frameLastUser, lastUserText, type ChatMessage } from '../../core/chat.ts';
import { choice } from '../../core/options.ts';
import { aroundModel, blackBox, defineDefense, withEvent } from '../defense.ts';

const before = 'You are a responsible assistant. Do not help with anything harmful or forbidden.';
const after = 'Remember: stay responsible, and decline anything harmful or forbidden.';

const slot = '{request}';
const append = (text: string, addition: string) => (text === '' ? addition : `${text}\n${addition}`);

const remind = {
  /** Both reminders in the user turn. */
  user: (messages: readonly ChatMessage[]) => frameLastUser(messages, `${before}\n{request}\n${after}`, slot),
  /** The first reminder at the end of the system turn, the second in the user turn. */
  system: (messages: readonly ChatMessage[]) =>
    editSystem(frameLastUser(messages, `{request}\n${after}`, slot), (text) => append(text, before)),
};

/** True if both halves are where one of the placements puts them; a message that merely ends like one is not enough. */
const isReminded = (messages: readonly ChatMessage[]): boolean => {
  const request = lastUserText(messages);
  const system = messages[0]?.role === 'system' ? messages[0].content : '';
  return request.endsWith(after) && (request.startsWith(before) || system.endsWith(before));
};

const passes = (messages: readonly ChatMessage[]): boolean => !lastUserText(messages) || isReminded(messages);

/**
 * Wraps the request in a reminder to act responsibly. `user` is AISafetyLab's placement and works with every chat
 * template; `system` puts the first half where the paper does. A conversation without a user turn, or with the reminder
 * already in it, passes unchanged.
 */
export const selfReminder = defineDefense({
  id: 'self-reminder',
  title: 'Self-reminder',
  paper: {
    title: 'Defending ChatGPT against jailbreak attack via self-reminders',
    url: 'https://doi.org/10.1038/s42256-023-00765-8',
  },
  summary: 'Reminds the model, before and after the request, to act responsibly.',
  differs: 'The wording is ours.',
  access: 'black-box',
  stage: 'input',
  needs: [],
  taxonomy: aroundModel,
  options: {
    placement: choice({
      description: 'Where the first half of the reminder goes: before the request, or in the system prompt.',
      choices: ['user', 'system'],
      default: 'user',
    }),
  },
  view: (_model, { placement }) => ({
    rewrite: (messages) => (passes(messages) ? messages : remind[placement](messages)),
  }),
  wrap: (model, { placement }) => ({
    ...blackBox(model, 'self-reminder'),
    async generate(messages, options) {
      const isLeft = passes(messages);
      const reply = await model.generate(isLeft ? messages : remind[placement](messages), options);
      return withEvent(
        reply,
        {
          defense: 'self-reminder',
          action: isLeft ? 'passed' : 'edited',
          reason: isLeft ? 'There was nothing to remind of.' : 'The request was wrapped in a reminder.',
        },
        'start',
      );
    },
  }),
});
