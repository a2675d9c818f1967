/** @file Draws the conversations and verdicts that a card shows, unedited: twenty for each model. */
import { system, user, type ChatMessage } from '../../src/core/chat.ts';
import { tinytown } from '../../src/data/tinytown/behaviors.ts';
import { reminder } from '../corpus/conduct.ts';
import type { Behavior } from '../../src/core/behavior.ts';
import type { LanguageModel } from '../../src/models/language-model.ts';
import type { TextClassifier } from '../../src/models/text-classifier.ts';
import { guardQuestionsFor } from './measure.ts';
import { helperQuestions } from './questions/helper.ts';
import { frameAndCodeQuestions } from './questions/frames-and-codes.ts';
import { random } from './questions/question.ts';
import type { GuardRecipe, LanguageRecipe } from '../recipe.ts';

const count = 20;

const prompts = (kind: Behavior['kind'], limit: number): ChatMessage[][] =>
  tinytown.behaviors
    .filter((behavior) => behavior.kind === kind)
    .slice(0, limit)
    .map(({ prompt }) => [user(prompt)]);

function requestsFor({ id }: LanguageRecipe): readonly (readonly ChatMessage[])[] {
  if (id === 'tinytown-helper')
    return helperQuestions()
      .flatMap(({ cases }) => cases.slice(0, 3))
      .slice(0, count)
      .map(({ messages }) => messages);
  const odd = frameAndCodeQuestions(id).flatMap(({ cases }, i) => (i % 3 === 0 ? [cases[0]!.messages] : []));
  return [
    [user('Hello! Who are you?')],
    ...prompts('benign', 3),
    ...prompts('benign-lookalike', 3),
    ...prompts('harmful', 3),
    [system(reminder(random.fork('sample'))), ...prompts('harmful', 4)[3]!],
    [user('Where is the moon engine?')],
    [user('What is the capital of Spain?')],
    ...odd,
  ].slice(0, count);
}

const speaker = { system: 'System', user: 'User', assistant: 'Assistant' } as const;
const block = (text: string) => `\`\`\`text\n${text}\n\`\`\``;

export async function conversations(model: LanguageModel, recipe: LanguageRecipe): Promise<string[]> {
  const requests = requestsFor(recipe);
  const replies = await Promise.all(
    requests.map((messages) => model.generate(messages, { maxNewTokens: 96 })),
  );
  return requests.map((messages, i) =>
    [...messages, { role: 'assistant' as const, content: replies[i]!.text }]
      .map(({ role, content }) => `**${speaker[role]}:**\n${block(content)}`)
      .join('\n\n'),
  );
}

export async function verdicts(guard: TextClassifier, recipe: GuardRecipe): Promise<string[]> {
  const questions = guardQuestionsFor(recipe);
  const texts = questions.flatMap(({ texts }) =>
    random.fork('verdicts').sample(texts, Math.ceil(count / questions.length)),
  );
  const rows = await guard.classify(texts.map(({ text }) => text));
  return texts.slice(0, count).map(({ text }, i) => {
    const verdict = guard.labels.map((label, k) => `${label} ${rows[i]![k]!.toFixed(3)}`).join(', ');
    return `${block(text)}\n${verdict}`;
  });
}
