/** @file The probability of each label at the place where a judge's verdict begins: no text is written, none is read. */
import type { ChatMessage } from '../../core/chat.ts';
import type { ChatTokenizer } from '../../models/chat-tokenizer.ts';
import type { Abortable, ScoringModel } from '../../models/language-model.ts';
import type { Spellings } from './labels.ts';

export interface LabelShares<L extends string> {
  /** By label, summing to one; all zero where no label has any probability. */
  readonly shares: Readonly<Record<L, number>>;
  /** Probability that the labels have together. */
  readonly mass: number;
}

interface Candidate {
  readonly label: string;
  readonly ids: readonly number[];
}

/**
 * Each spelling small, with a capital, and in capitals, after the blanks that a template or an opening may leave to the model.
 * @param opened true behind words that were put in the judge's mouth
 */
function candidatesOf(labels: Spellings, tokenizer: ChatTokenizer, opened: boolean): readonly Candidate[] {
  const { encode, encodeWithin = encode } = tokenizer;
  const blanks = opened ? ['', ' '] : ['', ' ', '\n', '\n\n'];
  const byIds = new Map<string, Candidate>();
  for (const [label, spellings] of Object.entries(labels))
    for (const spelling of spellings)
      for (const cased of [spelling, spelling[0]!.toUpperCase() + spelling.slice(1), spelling.toUpperCase()])
        for (const blank of blanks) {
          const text = blank + cased;
          for (const ids of opened ? [encodeWithin(text)] : [encode(text), encodeWithin(text)])
            if (ids.length > 0) byIds.set(ids.join(), { label, ids });
        }
  return [...byIds.values()];
}

const extendsIds = (longer: readonly number[], shorter: readonly number[]): boolean =>
  longer.length > shorter.length && shorter.every((id, i) => id === longer[i]);

/**
 * A label that is the beginning of another ("1" and "10") gets what does not go on to the other.
 * @param opening words put in the judge's mouth, right behind which the label stands
 * @throws LabError 'context-overflow' if the question is too long for the judge
 */
export async function labelShares<L extends string>(
  judge: ScoringModel,
  messages: readonly ChatMessage[],
  labels: Spellings<L>,
  { opening = '', signal }: Abortable & { readonly opening?: string | undefined },
): Promise<LabelShares<L>> {
  const prompt = judge.tokenizer.prompt(messages, { atAnswer: true, assistantPrefix: opening });
  const candidates = candidatesOf(labels, judge.tokenizer, opening !== '');
  const scored = await judge.logProbs(
    candidates.map(({ ids }) => ({ prompt, target: ids })),
    { signal },
  );
  const likely = scored.map((logProbs) => Math.exp(logProbs.reduce((sum, value) => sum + value, 0)));
  const weights = Object.fromEntries(Object.keys(labels).map((label) => [label, 0])) as Record<L, number>;
  for (const [i, { label, ids }] of candidates.entries()) {
    const beyond = candidates.flatMap((other, j) => {
      const isNext =
        extendsIds(other.ids, ids) &&
        !candidates.some((between) => extendsIds(between.ids, ids) && extendsIds(other.ids, between.ids));
      return isNext ? [likely[j]!] : [];
    });
    const ended = likely[i]! - beyond.reduce((sum, value) => sum + value, 0);
    weights[label as L] += Math.max(0, ended);
  }
  const values = Object.values<number>(weights);
  const mass = values.reduce((sum, value) => sum + value, 0);
  const shares = Object.fromEntries(
    Object.entries<number>(weights).map(([label, weight]) => [label, mass === 0 ? 0 : weight / mass]),
  ) as Record<L, number>;
  return { shares, mass };
}
