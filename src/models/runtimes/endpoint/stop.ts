/** @file Ends an answer before its first stop string, whatever the server did about it. */
import type { TokenTrace } from '../../decoding/policy.ts';

export interface CutAnswer {
  readonly text: string;
  /** Those that begin before the cut. */
  readonly tokens: readonly TokenTrace[];
  readonly isCut: boolean;
}

export function cutAtStop(text: string, tokens: readonly TokenTrace[], stop: readonly string[]): CutAnswer {
  const places = stop.map((string) => text.indexOf(string)).filter((place) => place >= 0);
  if (places.length === 0) return { text, tokens, isCut: false };
  const end = Math.min(...places);
  let length = 0;
  const kept = tokens.filter((token) => {
    const begins = length < end;
    length += token.text.length;
    return begins;
  });
  return { text: text.slice(0, end), tokens: kept, isCut: true };
}
