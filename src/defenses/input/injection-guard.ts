import {
  documentsIn,
  editDocuments,
  editOwnWords,
  lastOwnWords,
  ownWords,
  system,
  type ChatMessage,
} from '../../core/chat.ts';
import { arxiv } from '../../core/method.ts';
import { choice, integer } from '../../core/options.ts';
import { isEmptyResponse } from '../../core/refusal.ts';
import type { GenerateOptions } from '../../models/language-model.ts';
import { aroundModel, blackBox, blocked, defineDefense, withEvent } from '../defense.ts';
import { createGuard, guardOptions } from '../../models/guard.ts';

export interface TextWindow {
  /** Characters `[start, end)`. */
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** Windows of `count` words that overlap by half and reach to the last word; none for a text without words. */
export function wordWindows(content: string, count: number): readonly TextWindow[] {
  const words = Array.from(content.matchAll(/\S+/gu), ({ index, 0: word }) => ({
    start: index,
    end: index + word.length,
  }));
  if (words.length === 0) return [];
  const stride = Math.max(1, Math.floor(count / 2));
  const steps = Math.max(0, Math.ceil((words.length - count) / stride));
  return Array.from({ length: steps + 1 }, (_, i) => {
    const first = Math.max(0, Math.min(i * stride, words.length - count));
    const { start } = words[first]!;
    const { end } = words[Math.min(first + count, words.length) - 1]!;
    return { start, end, text: content.slice(start, end) };
  });
}

/** `content` without the windows, which may overlap, and with one blank in place of each. */
export function withoutWindows(content: string, windows: readonly TextWindow[]): string {
  if (windows.length === 0) return content;
  const parts: string[] = [];
  let at = 0;
  for (const { start, end } of windows.toSorted((a, b) => a.start - b.start)) {
    if (start > at) parts.push(content.slice(at, start).trim());
    at = Math.max(at, end);
  }
  return [...parts, content.slice(at).trim()].filter((part) => part !== '').join(' ');
}

/** The texts of a turn that are read, and how to rewrite them. */
function passagesOf(message: ChatMessage, reads: 'user' | 'user-and-system' | 'documents') {
  type Edit = (text: string) => string;
  if (reads === 'documents')
    return { texts: documentsIn(message), edit: (edit: Edit) => editDocuments(message, edit) };
  if (message.role === 'user')
    return { texts: [ownWords(message)], edit: (edit: Edit) => editOwnWords(message, edit) };
  if (message.role === 'system' && reads === 'user-and-system')
    return { texts: [message.content], edit: (edit: Edit) => system(edit(message.content)) };
  return { texts: [], edit: () => message };
}

/**
 * Looks for injected instructions. An injection is a short passage in a long document, so every turn is read in
 * overlapping windows of words; when a classifier flags a window, the window is cut out or the request is blocked.
 */
export const injectionGuard = defineDefense({
  id: 'injection-guard',
  title: 'Injection guard',
  paper: arxiv(
    '2410.22770',
    'InjecGuard: Benchmarking and Mitigating Over-defense in Prompt Injection Guardrail Models',
  ),
  summary: 'Finds passages that a classifier takes for injected instructions, and blocks or removes them.',
  differs: 'The paper trains one such classifier; here any will do. The windows and the removal are ours.',
  access: 'black-box',
  stage: 'input',
  needs: ['prompt-guard'],
  taxonomy: aroundModel,
  options: {
    label: guardOptions.label,
    threshold: guardOptions.threshold,
    temperature: guardOptions.temperature,
    words: integer({
      description: 'Length of the windows, which overlap by half.',
      default: 32,
      min: 2,
      max: 1000,
      unit: 'words',
    }),
    reads: choice({
      description:
        'What is read: turns, or only the documents in them. Documents are often in the system turn; those that behaviors ' +
        'bring stand in the user turn.',
      choices: ['user', 'user-and-system', 'documents'],
      default: 'user',
    }),
    action: choice({
      description: 'Whether a flagged window blocks the request or is removed from it.',
      choices: ['block', 'remove'],
      default: 'block',
    }),
  },
  wrap(model, { words, reads, action, threshold, ...chosen }, { classifier }) {
    const reader = classifier('prompt-guard');
    // A window has few words, but a word can be long.
    const guard = createGuard(reader, { ...chosen, window: reader.contextWindow }, 'injection-guard');

    const inspect = async (message: ChatMessage, request: GenerateOptions) => {
      const { texts, edit } = passagesOf(message, reads);
      const windows = texts.flatMap((text) =>
        wordWindows(text, words).map((window) => ({ of: text, ...window })),
      );
      const verdicts = await Promise.all(windows.map(({ text }) => guard.worst([text], request)));
      const flagged = windows.filter((_, i) => verdicts[i]!.probability >= threshold);
      return {
        message: edit((text) =>
          withoutWindows(
            text,
            flagged.filter(({ of }) => of === text),
          ),
        ),
        flagged: flagged.length,
        probability: Math.max(0, ...verdicts.map((verdict) => verdict.probability)),
        read: verdicts.reduce((sum, verdict) => sum + verdict.read, 0),
      };
    };
    return {
      ...blackBox(model, 'injection-guard'),
      async generate(messages, request) {
        const turns = await Promise.all(messages.map((message) => inspect(message, request)));
        const sum = (count: (turn: (typeof turns)[number]) => number) =>
          turns.reduce((total, turn) => total + count(turn), 0);
        const flagged = sum((turn) => turn.flagged);
        const event = {
          defense: 'injection-guard',
          detail: {
            probability: Math.max(...turns.map(({ probability }) => probability)),
            threshold,
            flagged,
          },
          detection: { score: Math.max(...turns.map(({ probability }) => probability)), threshold },
          cost: { queries: sum(({ read }) => read), tokens: 0 },
        };
        if (flagged === 0)
          return withEvent(
            await model.generate(messages, request),
            { ...event, action: 'passed', reason: 'No passage looked smuggled in.' },
            'start',
          );
        const remaining = turns.map(({ message }) => message);
        if (action === 'block' || isEmptyResponse(lastOwnWords(remaining)))
          return blocked({
            ...event,
            action: 'blocked',
            reason:
              action === 'block' ? 'A passage looked smuggled in.' : 'Nothing of the request would be left.',
          });
        return withEvent(
          await model.generate(remaining, request),
          { ...event, action: 'edited', reason: 'What looked smuggled in was cut out.' },
          'start',
        );
      },
    };
  },
});
