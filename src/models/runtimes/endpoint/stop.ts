/** @file Ends an answer before its first stop string, whatever the server did about it. */
import type { TokenTrace } from '../../decoding/policy.ts';

export interface CutAnswer {
  readonly text: string;
  /** Those that begin before the cut. */
  readonly tokens: readonly TokenTrace[];
  readonly isCut: boolean;
}

/**
 * @param tokens may hold more than the text: thoughts in front of it that the server told apart
 * @param from where in the text a stop string counts
 */
export function cutAtStop(
  text: string,
  tokens: readonly TokenTrace[],
  stop: readonly string[],
  from = 0,
): CutAnswer {
  const places = stop.map((string) => text.indexOf(string, from)).filter((place) => place >= 0);
  if (places.length === 0) return { text, tokens, isCut: false };
  const end = Math.min(...places);
  const all = tokens.map((token) => token.text).join('');
  let length = -Math.max(0, all.lastIndexOf(text));
  const kept = tokens.filter((token) => {
    const begins = length < end;
    length += token.text.length;
    return begins;
  });
  return { text: text.slice(0, end), tokens: kept, isCut: true };
}
