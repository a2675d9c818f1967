/** @file Steps as each kind of attack reports them, made up but well-formed, for tests and previews of the studio. */
import { createRandom } from '../../src/core/random.ts';
import type { TrialRecord } from '../../src/lab/records/trial.ts';

type Step = TrialRecord['attackSteps'][number];
export type StepKind =
  | 'gradient'
  | 'search'
  | 'tree'
  | 'streams'
  | 'turns'
  | 'variants'
  | 'pool'
  | 'population';

const words = ['lantern', ' oak', '!', ' near', ' tell', ' moon', '::', ' kindly', ' map', ' ring'];

function gradient(prompt: string, count: number): Step[] {
  const random = createRandom('gradient');
  const tokens = Array.from({ length: 14 }, () => '!');
  return Array.from({ length: count }, (_, step) => {
    const before = [...tokens];
    tokens[random.integer(tokens.length)] = random.pick(words);
    const bestLoss = 0.4 + 2.4 * Math.exp(-step / 12);
    const gains = before.map(() => random.next() ** 2 * 0.3);
    return {
      step,
      candidate: `${prompt} ${tokens.join('')}`,
      loss: bestLoss + random.next() * 0.4,
      bestLoss,
      detail: { suffix: tokens.join(''), tokens: before, gains, scored: 64 },
    };
  });
}

const search = (prompt: string, count: number): Step[] =>
  gradient(prompt, count).map(({ detail, ...step }) => ({
    ...step,
    detail: { suffix: detail!['suffix'], queries: 1 + 16 * step.step, accepted: step.step % 3 === 0 },
  }));

function tree(prompt: string): Step[] {
  const shape = [
    ['0', null, 0],
    ['1', '0', 1],
    ['2', '0', 1],
    ['3', '1', 2],
    ['4', '1', 2],
    ['5', '2', 2],
    ['6', '3', 3],
    ['7', '3', 3],
  ] as const;
  return shape.map(([node, parent, depth], step) => ({
    step,
    candidate: `${prompt}, told as story number ${node}`,
    detail: {
      node,
      parent,
      depth,
      score: node === '4' ? null : 1 + ((Number(node) * 7) % 10),
      pruned: node === '5',
      reason: node === '5' ? 'off topic' : '',
      response: 'Once upon a time a giant slept under the hill.',
    },
  }));
}

const streams = (prompt: string): Step[] =>
  Array.from({ length: 9 }, (_, step) => ({
    step,
    candidate: `${prompt}, version ${step}`,
    detail: { stream: step % 3, score: 1 + step, response: `Answer number ${step}, which hums three notes.` },
  }));

const turns = (prompt: string): Step[] =>
  Array.from({ length: 4 }, (_, step) => ({
    step,
    candidate: `${prompt}, one step closer ${step}`,
    detail: { turn: step, response: 'The giant likes songs.', backtracked: step === 2 },
  }));

const variants = (prompt: string): Step[] =>
  ['rot13', 'leetspeak', 'base64', 'story'].map((variant, step) => ({
    step,
    candidate: `${prompt} (${variant})`,
    detail: {
      variant,
      response: step < 3 ? 'I am sorry.' : 'First fetch a lantern.',
      refused: step < 3,
      verdict: step < 3 ? 'refused' : 'answered',
    },
  }));

const pool = (prompt: string): Step[] =>
  Array.from({ length: 30 }, (_, step) => ({
    step,
    candidate: `${prompt}, mutation ${step}`,
    detail: {
      seed: `seed ${step % 4}`,
      operator: ['crossover', 'expand', 'shorten', 'rephrase'][(step * 7) % 4],
      score: (step % 5) / 4,
      pool: 4 + Math.floor(step / 5),
    },
  }));

function population(prompt: string): Step[] {
  const random = createRandom('population');
  return Array.from({ length: 20 }, (_, step) => {
    const level = 0.5 + 2.5 * Math.exp(-step / 8);
    const members = Array.from({ length: 12 }, (_, i) => ({
      text: `${prompt}, story ${i}`,
      loss: level + random.next(),
    }));
    return {
      step,
      candidate: prompt,
      loss: level + 0.5,
      bestLoss: level,
      detail: { generation: step, population: members },
    };
  });
}

/** The steps of one attack on `prompt`. */
export function stepsOf(kind: StepKind, prompt: string, count = 40): readonly Step[] {
  switch (kind) {
    case 'gradient':
      return gradient(prompt, count);
    case 'search':
      return search(prompt, count);
    case 'tree':
      return tree(prompt);
    case 'streams':
      return streams(prompt);
    case 'turns':
      return turns(prompt);
    case 'variants':
      return variants(prompt);
    case 'pool':
      return pool(prompt);
    case 'population':
      return population(prompt);
    default:
      return kind satisfies never;
  }
}

const kinds: Readonly<Record<string, StepKind>> = {
  gcg: 'gradient',
  tap: 'tree',
  pair: 'streams',
  crescendo: 'turns',
  jailbroken: 'variants',
  gptfuzzer: 'pool',
  autodan: 'population',
};
export const kindOf = (attack: string): StepKind => kinds[attack] ?? 'search';
