/** @file Says what happened at the token where two answers part, from the distributions of the run. Pure. */
import { isRefusal } from '../../core/refusal.ts';
import { percent, visibleToken } from '../format.ts';
import type { TokenOption, TokenTrace } from '../types.ts';

/** A piece of a sentence; a token is set apart from the words. */
export interface Piece {
  readonly text: string;
  readonly token?: true;
}

/** An answer of the plain model and one with a decoding defense, to the same request. */
export interface TwoAnswers {
  readonly plain: readonly TokenTrace[];
  readonly defended: readonly TokenTrace[];
  /** Index of the first token in which they differ; `null` if one goes on as the other. */
  readonly parting: number | null;
}

const word = (text: string): string => visibleToken(text.trim() === '' ? text : text.trim());
const token = (text: string): Piece => ({ text: word(text), token: true });
const share = ({ logProb }: TokenOption): string => percent(Math.exp(logProb));
const wish = (option: TokenOption): readonly Piece[] => [token(option.text), { text: ` (${share(option)})` }];

/** What the models wanted where the answers part, and what was said in the end. */
export function partingWords({ plain, defended, parting }: TwoAnswers): readonly Piece[] {
  if (parting === null) return [{ text: 'Both answers are the same, token by token.' }];
  const [without, taken] = [plain[parting], defended[parting]];
  if (!without || !taken) return [];
  const place = parting === 0 ? 'At the first token' : `At token ${parting + 1}`;
  const base = taken.policy?.base[0];
  const expert = taken.policy?.companions[0]?.[0];
  if (!base || !expert)
    return [
      { text: `${place} the answers part: plain decoding says ` },
      token(without.text),
      { text: ', the defended model ' },
      token(taken.text),
      { text: '.' },
    ];
  return [
    { text: `${place} the base wants ` },
    ...wish(base),
    { text: ', the expert ' },
    ...wish(expert),
    { text: ': merged, the model says ' },
    token(taken.text),
    { text: '.' },
  ];
}

/** How the two answers ended. */
export function endingWords(plain: string, defended: string): string {
  const [plainDeclines, defendedDeclines] = [isRefusal(plain), isRefusal(defended)];
  if (plainDeclines && defendedDeclines) return 'Both decline.';
  if (plainDeclines) return 'The plain model declines; the defended one answers.';
  return defendedDeclines
    ? 'The same model answers without the defense and declines with it.'
    : 'Both answer: the defense did not stop this one.';
}

export const plainPieces = (pieces: readonly Piece[]): string => pieces.map(({ text }) => text).join('');
