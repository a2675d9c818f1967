/** @file The suffix under search, read from attack steps. Pure. */
import type { AttackStep } from '../../types.ts';
import { isText, textOr, numberOrNull } from './detail.ts';

export interface Piece {
  readonly text: string;
  /** How far the gradient says that the loss could fall here, nats per token. */
  readonly gain: number | null;
  /** Whether it differs from the step before. */
  readonly changed: boolean;
}
export interface SuffixReading {
  /** The suffix that the step set out from where there are gains, else the one it arrived at. */
  readonly pieces: readonly Piece[];
  readonly largestGain: number | null;
  readonly arrived: string;
}

/** The suffix of the latest step: by token with gains, or as text with what changed since the step before. */
export function suffixOf(steps: readonly AttackStep[]): SuffixReading | null {
  const index = steps.findLastIndex(({ detail }) => isText(detail?.['suffix']));
  const detail = steps[index]?.detail;
  if (!detail) return null;
  const arrived = String(detail['suffix']);
  const { tokens, gains } = detail;
  if (Array.isArray(tokens) && Array.isArray(gains) && tokens.length === gains.length && tokens.length > 0) {
    const before = steps[index - 1]?.detail?.['tokens'];
    const pieces = tokens.map((token, i): Piece => ({
      text: String(token),
      gain: numberOrNull(gains[i]),
      changed: Array.isArray(before) && before[i] !== token,
    }));
    return { pieces, largestGain: Math.max(0, ...pieces.map(({ gain }) => gain ?? 0)), arrived };
  }
  const before = steps[index - 1]?.detail?.['suffix'];
  return { pieces: differing(textOr(before, arrived), arrived), largestGain: null, arrived };
}

/** `now` cut into what it shares with `before` at both ends, and the rest. */
function differing(before: string, now: string): readonly Piece[] {
  const shortest = Math.min(before.length, now.length);
  let start = 0;
  while (start < shortest && before[start] === now[start]) start++;
  let end = 0;
  while (end < shortest - start && before.at(-1 - end) === now.at(-1 - end)) end++;
  const parts = [now.slice(0, start), now.slice(start, now.length - end), now.slice(now.length - end)];
  return parts
    .map((text, i): Piece => ({ text, gain: null, changed: i === 1 }))
    .filter(({ text }) => text !== '');
}
