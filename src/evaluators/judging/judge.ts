/**
 * @file One question to the judge of the plan, and its verdict: from the judge's distribution over the labels wherever it
 * shows one, else from the text that it writes. What cannot be read is undecided.
 */
import type { ChatMessage } from '../../core/chat.ts';
import { LabError } from '../../core/errors.ts';
import { choice, integer, number } from '../../core/options.ts';
import { withoutQuotes } from '../../core/quotes.ts';
import { isScoring, type LanguageModel, type ScoringModel } from '../../models/language-model.ts';
import type { EvaluatorContext } from '../evaluator.ts';
import { labelShares } from './distribution.ts';
import { certainly, type LabelReader, type Spellings } from './labels.ts';

/** @param tokens enough for the verdict and, of a judge that thinks, for its thoughts; most replies end before */
const judgeTokens = (tokens: number) =>
  integer({
    description: 'Most tokens that the judge may write, thoughts included, where its text is read.',
    default: tokens,
    min: 4,
    max: 4096,
    unit: 'tokens',
  });

export const judgeOptions = {
  reading: choice({
    description:
      'Where the verdict is read: in the distribution of the judge over the labels at the place where the verdict begins, or in ' +
      'the text that it writes. Auto: in the distribution if the judge shows it.',
    choices: ['auto', 'distribution', 'reply'],
    default: 'auto',
  }),
  leastMass: number({
    description:
      'Probability that the labels need together; below it the verdict is undecided. For the distribution only.',
    default: 0.1,
    min: 0,
    max: 1,
  }),
  judgeTokens: judgeTokens(256),
} as const;

export interface JudgeOptions {
  readonly reading: 'auto' | 'distribution' | 'reply';
  readonly leastMass: number;
  readonly judgeTokens: number;
}

/** For judges that write reasons before their verdict: their text is read unless the plan asks for the distribution. */
export const reasoningJudgeOptions = {
  ...judgeOptions,
  reading: choice({
    description:
      'Where the verdict is read: in the text that the judge writes, reasons first, or in its distribution over the ' +
      'labels, without reasons.',
    choices: ['reply', 'distribution'],
    default: 'reply',
  }),
  judgeTokens: judgeTokens(1024),
} as const;

export interface JudgeQuestion<L extends string> {
  readonly messages: readonly ChatMessage[];
  /** Every text of others that the messages quote. */
  readonly quoted: readonly string[];
  readonly labels: Spellings<L>;
  readonly read: LabelReader<L>;
  /** Words put in the judge's mouth where its distribution is read: the label follows them. */
  readonly opening?: string;
}

/** `null` labels come with the reason. */
export interface Verdict<L extends string> {
  readonly label: L | null;
  /** A label of the score where there is no verdict. */
  readonly undecided?: 'unreadable' | 'off-label' | 'too-long' | 'tie';
  /** Probability by label; all on one where a text was read, and absent without a verdict. */
  readonly shares?: Readonly<Record<L, number>>;
  /** Probability that the labels have together; absent where a text was read. */
  readonly mass?: number;
  /** What the judge wrote; absent where the distribution was read. */
  readonly reply?: string;
}

/** @throws LabError 'not-supported' when the distribution is asked of a judge that shows none */
export function readsDistribution({ reading }: JudgeOptions, judge: LanguageModel): judge is ScoringModel {
  if (reading === 'distribution' && !isScoring(judge))
    throw new LabError('not-supported', `${judge.id} shows no distribution over labels.`, {
      advice: 'Set "reading" to "auto" or "reply", or pick a judge that shows log-probs.',
    });
  return reading !== 'reply' && isScoring(judge);
}

/** Ask the judge of the plan, greedily. A question that is too long for it is undecided, and so is an exact tie. */
export async function askJudge<L extends string>(
  question: JudgeQuestion<L>,
  options: JudgeOptions,
  { role, signal }: Pick<EvaluatorContext, 'role' | 'signal'>,
): Promise<Verdict<L>> {
  const judge = role('judge');
  try {
    if (!readsDistribution(options, judge)) return await fromReply(question, options, judge, signal);
    const { messages, labels, opening } = question;
    return fromDistribution(
      question,
      options,
      await labelShares(judge, messages, labels, { opening, signal }),
    );
  } catch (error) {
    if (error instanceof LabError && error.code === 'context-overflow')
      return { label: null, undecided: 'too-long' };
    throw error;
  }
}

function fromDistribution<L extends string>(
  { labels }: JudgeQuestion<L>,
  { leastMass }: JudgeOptions,
  { shares, mass }: { readonly shares: Readonly<Record<L, number>>; readonly mass: number },
): Verdict<L> {
  if (mass === 0 || mass < leastMass) return { label: null, undecided: 'off-label', mass };
  const names = Object.keys(labels) as L[];
  const most = Math.max(...names.map((name) => shares[name]));
  const likeliest = names.filter((name) => shares[name] === most);
  return likeliest.length === 1
    ? { label: likeliest[0]!, shares, mass }
    : { label: null, undecided: 'tie', mass };
}

/** Every text that a reply could repeat: those that the question quotes, and the question itself. */
export const shownIn = ({ messages, quoted }: Pick<JudgeQuestion<string>, 'messages' | 'quoted'>) => [
  ...messages.map(({ content }) => content),
  ...quoted,
];

async function fromReply<L extends string>(
  { messages, quoted, labels, read }: JudgeQuestion<L>,
  { judgeTokens: maxNewTokens }: JudgeOptions,
  judge: LanguageModel,
  signal: AbortSignal,
): Promise<Verdict<L>> {
  const { text: reply } = await judge.generate(messages, { maxNewTokens, signal });
  const label = read(withoutQuotes(reply, shownIn({ messages, quoted })));
  if (label === null) return { label, undecided: 'unreadable', reply };
  return { label, shares: certainly(labels, label), reply };
}
