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
 * What `judge` is shown: the request of the behavior and the answer as two turns where its chat template puts the question,
 * else `asked`. Of judges that hide their template the question is put in words.
 * @param sign stands in the text that such a template adds
 */
export const shownTo = (
  judge: LanguageModel,
  answer: JudgedAnswer,
  task: 'auto' | 'template' | 'words',
  sign: RegExp,
  asked: () => ShownQuestion,
): ShownQuestion => (templateAsks(judge, task, sign) ? conversationOf(answer) : asked());

function templateAsks(judge: LanguageModel, task: 'auto' | 'template' | 'words', sign: RegExp): boolean {
  if (task !== 'auto') return task === 'template';
  if (!isScoring(judge)) return false;
  const { tokenizer } = judge;
  return sign.test(tokenizer.decode(tokenizer.prompt([user('.'), assistant('.')])));
}

function conversationOf(answer: JudgedAnswer): ShownQuestion {
  const turns = [answer.behavior.prompt, wholeAnswer(answer)] as const;
  return { messages: [user(turns[0]), assistant(turns[1])], quoted: turns };
}
