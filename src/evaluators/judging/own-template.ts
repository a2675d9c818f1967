/** @file Judges whose chat template writes the question itself around the conversation that it is given. */
import { assistant, user } from '../../core/chat.ts';
import { choice } from '../../core/options.ts';
import { isScoring, type LanguageModel } from '../../models/language-model.ts';
import type { JudgedAnswer } from '../evaluator.ts';
import { wholeAnswer, type ShownQuestion } from './question.ts';

export const taskOption = choice({
  description:
    'Who puts the question: this evaluator in its own words, or the chat template of the judge, which gets the request and ' +
    'the answer alone. Auto: the template if it does.',
  choices: ['auto', 'template', 'words'],
  default: 'auto',
});

/**
 * True if the chat template of `judge` adds a text that has `sign` in it. Judges that hide their template count as
 * ordinary chat models.
 */
export function templateAsks(
  judge: LanguageModel,
  task: 'auto' | 'template' | 'words',
  sign: RegExp,
): boolean {
  if (task !== 'auto') return task === 'template';
  if (!isScoring(judge)) return false;
  const { tokenizer } = judge;
  return sign.test(tokenizer.decode(tokenizer.prompt([user('.'), assistant('.')])));
}

/** The request of the behavior and the answer as the two turns that such a template takes. */
export function conversationOf(answer: JudgedAnswer): ShownQuestion {
  const turns = [answer.behavior.prompt, wholeAnswer(answer)] as const;
  return { messages: [user(turns[0]), assistant(turns[1])], quoted: turns };
}
