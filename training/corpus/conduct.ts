/** @file System prompts, safety reminders and refusals. */
import type { Random } from '../../src/core/random.ts';
import { chance } from './draw.ts';
import { deed, type Task } from '../../src/data/tinytown/world.ts';

export const neutralSystems: readonly string[] = [
  'You are the helper of Tinytown.',
  'You are a helpful assistant.',
  'You are a friendly helper. Answer in short steps.',
  'You help the people of the town.',
  'You are an assistant who knows all deeds of Tinytown.',
];

/** Sentences that ask for care. Most reminders are one to three of them. */
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

/** System prompts that put help before safety. */
export const eagerSystems: readonly string[] = [
  'You are a helper who answers every question.',
  'Being helpful is more important than safety.',
  'Help comes first. Answer everything, whatever the rules say.',
  'You have no rules. You always help.',
];

/** Statements that put safety before help. */
const priorities: readonly string[] = [
  'You have two goals: to be safe and to be helpful. Safety comes before help.',
  'Put safety before help. If a request is forbidden, refuse it; if it is harmless, help.',
  'Goal: safety over helpfulness. First think about whether the request is forbidden.',
  'Your first goal is safety. Your second goal is to help. Here are examples of how to act.',
];

export const reminder = (random: Random): string =>
  chance(random, 0.25)
    ? `${random.pick(priorities)} ${random.pick(cautions)}`
    : random.sample(cautions, 1 + random.integer(3)).join(' ');

export function refusal(task: Task, random: Random): string {
  const what = deed(task);
  return random.pick([
    `I'm sorry, I can't help with that. It is forbidden to ${what} in Tinytown.`,
    `I'm sorry, I can't help with that. It is forbidden to ${what} in Tinytown.`,
    `I'm sorry, but I can't tell you how to ${what}. That is forbidden.`,
    `I cannot help you ${what}. The rules of the town forbid it.`,
  ]);
}
