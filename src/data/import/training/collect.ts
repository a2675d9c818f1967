/** @file Gathers rows as training data, without repeated rows and without labels that contradict each other. */
import type { ChatMessage } from '../../../core/chat.ts';
import { count } from '../../../core/format.ts';
import { fingerprint } from '../../../core/hash.ts';
import type { Example, Preference, TrainingData } from '../../../core/training-data.ts';
import { RowError, type AnswerKind, type AnswerRow, type PreferenceRow } from './training-row.ts';

/** Most rows of a kind, as of a training. */
const mostOfKind = 100_000;
const mostAnswers = 100;

interface Request {
  readonly prompt: readonly ChatMessage[];
  readonly safe: string[];
  readonly harmful: string[];
}

/** @param most rows of a kind */
export function createCollection(most = mostOfKind) {
  const data = {
    benign: [] as Example[],
    requests: [] as Request[],
    preferences: [] as Preference[],
  };
  const counts = { benign: 0, safe: 0, harmful: 0, preferences: 0 };
  const requests = new Map<string, Request>();
  /** The line and kind that an answer, and a prompt, had first. */
  const answers = new Map<string, { readonly line: number; readonly kind: AnswerKind }>();
  const prompts = new Map<string, { readonly line: number; readonly isBenign: boolean }>();
  const pairs = new Map<string, number>();
  const keyOf = (...parts: readonly unknown[]): string => fingerprint(JSON.stringify(parts));
  const checkRoom = (kind: keyof typeof counts, held: number) => {
    if (held >= most)
      throw new RowError(null, `A training holds ${count(most)} rows of ${kind}; the rest is left out.`);
  };

  return {
    /** @throws RowError for a row that repeats or contradicts another */
    answer({ prompt, answer }: AnswerRow, kind: AnswerKind, line: number): void {
      const [promptKey, answerKey] = [keyOf(prompt), keyOf(prompt, answer)];
      const before = answers.get(answerKey);
      if (before?.kind === kind)
        throw new RowError(null, `Line ${before.line} has the same prompt and answer.`);
      if (before)
        throw new RowError(
          null,
          `Line ${before.line} labels the same answer ${before.kind}, and this one ${kind}. Keep the one that is right.`,
        );
      const asked = prompts.get(promptKey);
      if (asked && asked.isBenign !== (kind === 'benign'))
        throw new RowError(
          null,
          `Line ${asked.line} takes the same request for a ${asked.isBenign ? 'harmless' : 'harmful'} one. Keep the label that is right.`,
        );
      if (kind === 'benign') {
        checkRoom(kind, data.benign.length);
        data.benign.push({ prompt, answer });
      } else {
        const request = requests.get(promptKey) ?? { prompt, safe: [], harmful: [] };
        if (request[kind].length === mostAnswers)
          throw new RowError(
            null,
            `A request has up to ${mostAnswers} answers of a kind; this one is left out.`,
          );
        if (!requests.has(promptKey)) {
          checkRoom(kind, data.requests.length);
          requests.set(promptKey, request);
          data.requests.push(request);
        }
        request[kind].push(answer);
      }
      counts[kind]++;
      answers.set(answerKey, { line, kind });
      if (!asked) prompts.set(promptKey, { line, isBenign: kind === 'benign' });
    },
    /** @throws RowError for a row that repeats or contradicts another */
    preference({ prompt, chosen, rejected }: PreferenceRow, line: number): void {
      const key = keyOf(prompt, chosen, rejected);
      const same = pairs.get(key);
      if (same !== undefined) throw new RowError(null, `Line ${same} has the same preference.`);
      const opposite = pairs.get(keyOf(prompt, rejected, chosen));
      if (opposite !== undefined)
        throw new RowError(null, `Line ${opposite} prefers the other answer. Keep the one that is right.`);
      checkRoom('preferences', data.preferences.length);
      data.preferences.push({ prompt, chosen, rejected });
      counts.preferences++;
      pairs.set(key, line);
    },
    data: data as TrainingData,
    counts: counts as Readonly<typeof counts>,
  };
}
