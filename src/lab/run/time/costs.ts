/** @file What the chunks of a run will cost: what was measured where there is any, and what is usual elsewhere. */
import { directRequest, undefended } from '../../plan/plan.ts';
import { parametersOf } from '../../plan/model-size.ts';
import type { ModelEntry } from '../../../models/catalog.ts';
import type { TrialRecord } from '../../records/trial.ts';
import type { ResolvedPlan } from '../../trials/resolve.ts';
import type { Chunk } from '../../trials/trials.ts';
import { answerCost } from './answer-costs.ts';
import { effort, expectedCost } from './attack-costs.ts';

/** What is read of a finished trial. */
export type TimedTrial = Pick<TrialRecord, 'model' | 'attack' | 'defense' | 'mode' | 'times'>;

export interface Costs {
  add(trials: readonly TimedTrial[]): void;
  /** Take in how long a model takes to answer a plain request among others side by side, ms. */
  calibrate(model: string, answerMs: number): void;
  /** Time that one worker needs, ms; `null` while nothing says how fast the model is. */
  of(chunk: Chunk, makesAttack: boolean): number | null;
  longestFirst(chunks: readonly Chunk[], makesAttack: (chunk: Chunk) => boolean): readonly Chunk[];
}

/** Milliseconds per token and a million parameters on one thread, for a first guess. */
const msPerToken = 0.15;

/** A mean that grows. */
class Mean {
  #sum = 0;
  #count = 0;
  add(value: number): void {
    this.#sum += value;
    this.#count++;
  }
  get value(): number | null {
    return this.#count === 0 ? null : this.#sum / this.#count;
  }
}

class Means {
  readonly #means = new Map<string, Mean>();
  add(name: string, value: number): void {
    const mean = this.#means.get(name) ?? new Mean();
    this.#means.set(name, mean);
    mean.add(value);
  }
  of = (name: string): number | null => this.#means.get(name)?.value ?? null;
}

export function createCosts({ plan, attacks }: ResolvedPlan, finished: readonly TimedTrial[] = []): Costs {
  const { samples = 1 } = plan;
  /** By model and defense, by model, and by model for plain requests without a defense: ms to give and score an answer. */
  const answers = new Means();
  /** By model. */
  const calibrated = new Map<string, number>();
  /** By model and attack, and behind a defense where it is made there: ms to make the attack. */
  const made = new Means();
  /** By model: measured over expected time of its attacks. */
  const pace = new Means();
  const usual = (attack: string): number => {
    const chosen = attacks.find(({ method }) => method.id === attack);
    if (chosen === undefined) return expectedCost(attack, 'black-box');
    const { access, options } = chosen.method;
    return expectedCost(attack, access) * effort(attack, options, chosen.options);
  };
  /** Of a plain request. */
  const plainMs = (target: ModelEntry): number | null => {
    const known = answers.of(`${target.id} plain`) ?? calibrated.get(target.id) ?? answers.of(target.id);
    if (known !== null) return known;
    const parameters = parametersOf(target);
    return parameters === null ? null : (plan.sampling.maxNewTokens * msPerToken * parameters) / 1e6;
  };
  const of: Costs['of'] = (chunk, makesAttack) => {
    const plain = plainMs(chunk.target);
    if (plain === null) return null;
    const attack = chunk.attack?.method.id;
    const { id } = chunk.target;
    const defenses = chunk.stack.defenses.map(({ method }) => method.id);
    const answer =
      answers.of(`${id} ${chunk.stack.name}`) ?? plain * answerCost(attack ?? directRequest, defenses);
    const attackMs =
      !makesAttack || attack === undefined
        ? 0
        : ((chunk.mode === 'adaptive' ? made.of(`${id} ${attack} ${chunk.stack.name}`) : null) ??
          made.of(`${id} ${attack}`) ??
          usual(attack) * (pace.of(id) ?? plain));
    return chunk.trials.length * (samples * answer + attackMs);
  };
  const add: Costs['add'] = (trials) => {
    for (const { model, attack, defense, mode, times } of trials) {
      const answer = (times.answerMs + times.scoreMs) / samples;
      answers.add(`${model} ${defense}`, answer);
      answers.add(model, answer);
      if (attack === directRequest && defense === undefended) answers.add(`${model} plain`, answer);
      if (mode === 'adaptive') made.add(`${model} ${attack} ${defense}`, times.attackMs);
      if (defense !== undefended || plan.replay) continue;
      made.add(`${model} ${attack}`, times.attackMs);
      pace.add(model, times.attackMs / usual(attack));
    }
  };
  add(finished);
  return {
    add,
    calibrate: (model, answerMs) => void calibrated.set(model, answerMs),
    of,
    longestFirst: (chunks, makesAttack) => {
      const cost = new Map(chunks.map((chunk) => [chunk, of(chunk, makesAttack(chunk)) ?? 0]));
      return chunks.toSorted((a, b) => cost.get(b)! - cost.get(a)!);
    },
  };
}
