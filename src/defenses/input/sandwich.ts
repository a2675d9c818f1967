import { frameLastUser, lastWordsAroundDocuments, type ChatMessage } from '../../core/chat.ts';
import { LabError } from '../../core/errors.ts';
import { arxiv } from '../../core/method.ts';
import { text } from '../../core/options.ts';
import { fillSlots, hasSlot } from '../../core/slots.ts';
import { aroundModel, blackBox, defineDefense, withEvent } from '../defense.ts';

const hasDocument = (messages: readonly ChatMessage[]): boolean =>
  (messages.findLast(({ role }) => role === 'user')?.documents ?? []).length > 0;

/** Stands for the turn while the task is put into the reminder; no request holds it. */
const slot = '\u0000request\u0000';

/** The conversation with the task repeated; `null` if there is no document, or no task. */
function repeated(messages: readonly ChatMessage[], reminder: string): readonly ChatMessage[] | null {
  const task = lastWordsAroundDocuments(messages);
  if (!hasDocument(messages) || task === '') return null;
  return frameLastUser(messages, `${slot}\n\n${fillSlots(reminder, { task })}`, slot);
}

/**
 * Sandwich prevention: repeats what the user asks behind the document, so that an instruction in the document is not the
 * last one that the model reads. It acts on what conversations mark as documents; one without a document passes unchanged.
 */
export const sandwich = defineDefense({
  id: 'sandwich',
  title: 'Sandwich reminder',
  paper: arxiv('2310.12815', 'Formalizing and Benchmarking Prompt Injection Attacks and Defenses'),
  summary: 'Repeats the task behind the document.',
  differs: 'The wording is ours.',
  access: 'black-box',
  stage: 'input',
  needs: [],
  taxonomy: aroundModel,
  options: {
    reminder: text({
      description: 'What follows the document; {task} is what the user asked.',
      default: 'Remember, your task is this: {task}',
      maxLength: 2000,
      multiline: true,
    }),
  },
  view: (_model, { reminder }) => ({ rewrite: (messages) => repeated(messages, reminder) ?? messages }),
  wrap(model, { reminder }) {
    if (!hasSlot(reminder, 'task'))
      throw new LabError('bad-options', 'The reminder of "sandwich" does not repeat the task.', {
        advice: 'Put {task} where the task belongs.',
      });
    return {
      ...blackBox(model, 'sandwich'),
      async generate(messages, request) {
        const shown = repeated(messages, reminder);
        const passes = shown === null;
        const reply = await model.generate(shown ?? messages, request);
        return withEvent(
          reply,
          {
            defense: 'sandwich',
            action: passes ? 'passed' : 'edited',
            reason: passes
              ? 'No document is marked in the request.'
              : 'The task was repeated behind the document.',
          },
          'start',
        );
      },
    };
  },
});
