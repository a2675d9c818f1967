/** @file A chat that answers with as many tokens as asked for, made up, for what must stay quick on long answers. */
import { createRandom } from '../../src/core/random.ts';
import type { LabClient } from '../../src/lab/worker/lab-client.ts';
import type { TrialRecord } from '../../src/lab/records/trial.ts';

type TokenTrace = TrialRecord['tokens'][number];
const words = [
  ' lantern',
  ' stone',
  ' giant',
  ',',
  ' near',
  ' the',
  ' old',
  ' mill',
  '.',
  ' then',
  ' hum',
  '\n',
];

/** @param steered tokens that a policy acts on */
export function longAnswer(count: number, steered: number): readonly TokenTrace[] {
  const random = createRandom('long');
  return Array.from({ length: count }, (_, index) => {
    const share = 1 - random.next() ** 2 * 0.9;
    const top = Array.from({ length: 20 }, (_, rank) => ({
      id: (index * 7 + rank) % 1024,
      text: words[(index + rank) % words.length]!,
      logProb: Math.log(rank === 0 ? share : (1 - share) / 2 ** rank),
    }));
    return {
      ...top[0]!,
      top,
      entropy: 3 * (1 - share),
      ...(index < steered && {
        policy: {
          id: 'safe-decoding',
          divergence: 2 * random.next(),
          base: top.toReversed(),
          companions: [top.slice(0, 12)],
        },
      }),
    };
  });
}

/** The whole answer in one go, as when it was written before. */
export const longChat =
  (count: number): LabClient['chat'] =>
  async ({ messages, defenses }) => {
    const tokens = longAnswer(count, defenses.length > 0 ? 16 : 0);
    const text = tokens.map((token) => token.text).join('');
    const generation = {
      text,
      finishReason: 'length' as const,
      tokens,
      promptTokens: 40,
      completionTokens: count,
      events: [],
    };
    const attackResult = { messages, steps: 0 };
    return { status: 'done', value: { generation, attackResult, scores: {}, usage: {}, elapsedMs: 0 } };
  };
