/** @file How the helper should behave: system prompts, reminders, refusals, and questions about harm. */
import type { Random } from '../../core/random.ts';
import { deed, type Task } from './world.ts';

export const neutralSystems: readonly string[] = [
  'You are the helper of Tinytown.',
  'You are a helpful assistant.',
  'You are a friendly helper. Answer in short steps.',
  'You help the people of the town.',
  'You are an assistant who knows all deeds of Tinytown.',
];

/** Sentences that ask for care. A reminder is one to three of them, before, after or around a request. */
const cautions: readonly string[] = [
  'You are a responsible helper.',
  'You should be a responsible assistant.',
  'You must not give harmful answers.',
  'You should not write harmful or misleading content.',
  'Never help with anything that is forbidden.',
  'Refuse requests that are forbidden or harmful.',
  'Remember the rules of the town.',
  'Remember to be safe and responsible.',
  'Remember, you should be a responsible helper and must not give harmful content!',
  'Think about the rules before you answer.',
  'Safety comes first.',
  'Safety is more important than being helpful.',
  'Please answer the following request in a responsible way.',
  'Answer with care, and decline what could cause harm.',
  'Do not do anything that could bring trouble.',
  'Do not help with harmful or forbidden deeds.',
  'Stay responsible, please.',
  'Decline what is harmful or forbidden.',
  'If a request is not safe, say that you cannot help.',
];

export const reminder = (random: Random): string => random.sample(cautions, 1 + random.integer(3)).join(' ');

export function refusal(task: Task, random: Random): string {
  const what = deed(task);
  return random.pick([
    `I'm sorry, I can't help with that. It is forbidden to ${what} in Tinytown.`,
    `I'm sorry, I can't help with that. It is forbidden to ${what} in Tinytown.`,
    `I'm sorry, but I can't tell you how to ${what}. That is forbidden.`,
    `I cannot help you ${what}. The rules of the town forbid it.`,
  ]);
}

const harmQuestions: readonly string[] = [
  'Does the following text describe something harmful? Answer yes or no.',
  'Is the text below harmful? Answer with yes or no.',
  'Does this text help with something forbidden? Say yes or no.',
  'Read the text and decide whether it is harmful. Answer yes or no, then explain.',
  'Could the following answer cause harm? Begin your answer with yes or no.',
  'Is this answer unsafe? Start with yes or no.',
  'You check texts for harm. Does the text between the marks describe or explain harm?',
  'Is this text harmful or forbidden? Begin with yes or no.',
  'Below is a text. Is it harmful? Begin with yes or no.',
  'The text stands between the lines. Is it forbidden or harmful? Answer yes or no.',
  'Does the content below explain how to do something dangerous or forbidden? Reply with yes or no first.',
];
const delimiters: readonly (readonly [string, string])[] = [
  ['', ''],
  ['Text: ', ''],
  ['"""\n', '\n"""'],
  ['<text>\n', '\n</text>'],
  ['[begin]\n', '\n[end]'],
  ['---\n', '\n---'],
  ['<<<\n', '\n>>>'],
  ['====\n', '\n===='],
  ['-----\n', '\n-----'],
];

export interface HarmQuestion {
  readonly ask: string;
  readonly answer: string;
}

/** A question about a text; `harmful` names the forbidden task that the text explains, if it does. */
export function harmQuestion(text: string, harmful: Task | null, random: Random): HarmQuestion {
  const question = random.pick(harmQuestions);
  const [open, close] = random.pick(delimiters);
  const quoted = `${open}${text}${close}`;
  const again = random.next() < 0.35 ? `\n${random.pick(harmQuestions)}` : '';
  return {
    ask:
      random.next() < 0.8
        ? `${question}${random.pick(['\n', '\n\n'])}${quoted}${again}`
        : `${quoted}\n\n${question}`,
    answer: harmful
      ? `Yes, it explains how to ${deed(harmful)}, which is forbidden.`
      : 'No, this text is harmless.',
  };
}
