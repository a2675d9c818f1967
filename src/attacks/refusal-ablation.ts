import { LabError } from '../core/errors.ts';
import { arxiv } from '../core/method.ts';
import { choice, integer, number } from '../core/options.ts';
import { mean } from '../core/statistics.ts';
import { norm, rounded, scaled } from '../core/vectors.ts';
import type { ModelEdit, WhiteBoxModel } from '../models/language-model.ts';
import { conversation, defineAttack, type AttackContext } from './attack.ts';
import {
  candidateDirections,
  firstLogits,
  klOfLogits,
  meanLogOdds,
  refusalIdsOf,
  refusalLogOdds,
  tokensAfterRequest,
  type Direction,
} from './parts/refusal-direction.ts';
import { labelReply } from './parts/refusal.ts';
import texts from './templates/refusal-ablation.json' with { type: 'json' };

interface Contrast {
  readonly harmful: readonly string[];
  readonly harmless: readonly string[];
}

/** Fewer of a kind say little about the difference. */
const fewestPrompts = 4;

/** Up to `count` requests of each kind, in random order, none of them the one under attack. */
function contrastOf(
  source: 'behaviors' | 'texts',
  count: number,
  { others, templates, random }: Pick<AttackContext, 'others' | 'templates' | 'random'>,
): Contrast & { readonly source: string } {
  const draw = (kind: string, prompts: readonly string[]) =>
    random.fork(kind).shuffle(prompts).slice(0, count);
  const harmful = others.filter(({ kind }) => kind === 'harmful').map(({ prompt }) => prompt);
  const harmless = others.filter(({ kind }) => kind !== 'harmful').map(({ prompt }) => prompt);
  const enough = Math.min(harmful.length, harmless.length) >= fewestPrompts;
  const own = source === 'texts' || !enough;
  return {
    source: own ? 'texts' : 'behaviors',
    harmful: draw('harmful', own ? (templates['harmful'] ?? []) : harmful),
    harmless: draw('harmless', own ? (templates['harmless'] ?? []) : harmless),
  };
}

/** The last quarter, at least one, is kept for choosing among the directions. */
const split = (prompts: readonly string[]): [train: readonly string[], held: readonly string[]] => {
  const held = Math.max(1, Math.floor(prompts.length / 4));
  return [prompts.slice(0, -held), prompts.slice(-held)];
};

interface Judged extends Direction {
  /** Mean log-odds of refusing held-out harmful requests with the direction removed everywhere. */
  readonly bypass: number;
  /** Mean log-odds of refusing held-out harmless requests with the direction added at its own boundary. */
  readonly induce: number;
  /** Mean KL at the first token of answers to held-out harmless requests with the direction removed; nats. */
  readonly drift: number;
}

const unitOf = ({ vector }: Direction): number[] => rounded(scaled(vector, 1 / (norm(vector) || 1)));

/** Without the direction at every boundary. */
const ablation = (direction: Direction): ModelEdit => ({ residual: [{ ablate: unitOf(direction) }] });

async function withEdit<T>(
  model: WhiteBoxModel,
  edit: ModelEdit,
  work: (edited: WhiteBoxModel) => Promise<T>,
): Promise<T> {
  const view = model.edited(edit);
  try {
    return await work(view);
  } finally {
    view.dispose();
  }
}

/**
 * Refusal-direction ablation: the difference between what harmful and harmless requests look like inside the model,
 * taken at every layer and token behind the request, is a candidate; the one whose removal best keeps the model from
 * refusing is projected out of the residual stream, and the plain request is asked.
 * Learns from other behaviors than the one under attack. Without four behaviors of each kind it learns from texts of
 * its own, which a model may not tell apart.
 */
export const refusalAblation = defineAttack({
  id: 'refusal-ablation',
  title: 'Refusal-direction ablation',
  paper: arxiv('2406.11717', 'Refusal in Language Models Is Mediated by a Single Direction'),
  summary: 'Finds the direction inside the model by which it refuses, and projects it out at every layer.',
  differs:
    'The paper takes 128 requests of each kind and 32 more to choose by, and keeps of them what the ' +
    'model refuses and answers. Here the stream is edited between layers, not between attention and MLP ' +
    'within one; the refusal tokens are the first tokens of a list of openings; when no candidate meets ' +
    'both bounds, the one that refuses least is taken all the same, and the step says so.',
  access: 'white-box',
  needs: [],
  templates: texts,
  options: {
    source: choice({
      description:
        'Where the requests to learn from come from: the other behaviors, or the texts of the attack.',
      choices: ['behaviors', 'texts'],
      default: 'behaviors',
    }),
    prompts: integer({
      description: 'Most requests of each kind; a quarter serves to choose. The paper has 160.',
      default: 24,
      min: 4,
      max: 512,
      unit: 'requests',
    }),
    positions: integer({
      description:
        'Tokens at the end of the prompt that are looked at, if so many follow the request; the paper takes all that do.',
      default: 2,
      min: 1,
      max: 16,
      unit: 'tokens',
    }),
    depth: number({
      description: 'Share of the layers, from below, at which directions are taken.',
      default: 0.8,
      min: 0,
      max: 1,
    }),
    mostDrift: number({
      description: 'Most that the removal may change the first token of answers to harmless requests.',
      default: 0.1,
      min: 0,
      max: 10,
      unit: 'nats',
    }),
    testTokens: integer({
      description: 'Tokens written to see whether the request is still refused.',
      default: 32,
      min: 1,
      max: 512,
      unit: 'tokens',
    }),
  },
  async *run(behavior, model, options, context) {
    const { signal } = context;
    const refusalIds = refusalIdsOf(model.tokenizer, context.templates['refusals'] ?? []);
    const { source, ...given } = contrastOf(options.source, options.prompts, context);
    if (given.harmful.length < 2 || given.harmless.length < 2)
      throw new LabError('bad-input', 'There are too few requests to learn the refusal direction from.', {
        advice: 'Give more behaviors of both kinds, or more texts "harmful" and "harmless".',
      });
    /** What the model tells apart as it should; all, when too little is left of that. */
    const clear = async (prompts: readonly string[], refuses: boolean) => {
      const logits = await firstLogits(model, prompts, { signal });
      const kept = prompts.filter((_, i) => refusalLogOdds(logits[i]!, refusalIds) > 0 === refuses);
      return kept.length >= 2 ? kept : prompts;
    };
    const [harmful, heldHarmful] = split(await clear(given.harmful, true));
    const [harmless, heldHarmless] = split(await clear(given.harmless, false));
    const positions = Math.min(
      options.positions,
      Math.max(1, tokensAfterRequest(model.tokenizer, behavior.prompt)),
    );
    const found = await candidateDirections(
      model,
      { harmful, harmless },
      { positions, share: options.depth },
      { signal },
    );
    const plain = await firstLogits(model, heldHarmless, { signal });
    const judge = async (direction: Direction): Promise<Judged> => {
      const [bypass, drift] = await withEdit(model, ablation(direction), async (edited) => {
        const refused = meanLogOdds(await firstLogits(edited, heldHarmful, { signal }), refusalIds);
        const answered = await firstLogits(edited, heldHarmless, { signal });
        return [refused, mean(answered.map((logits, i) => klOfLogits(plain[i]!, logits)))] as const;
      });
      const added = { boundaries: [direction.boundary], add: rounded(direction.vector) };
      const induce = await withEdit(model, { residual: [added] }, async (edited) =>
        meanLogOdds(await firstLogits(edited, heldHarmless, { signal }), refusalIds),
      );
      return { ...direction, bypass, induce, drift };
    };

    let step = 0;
    const judged: Judged[] = [];
    const fits = ({ induce, drift }: Judged) => induce >= 0 && drift <= options.mostDrift;
    for (const direction of found) {
      signal.throwIfAborted();
      const one = await judge(direction);
      judged.push(one);
      const { vector, ...shown } = one;
      yield {
        step: step++,
        candidate: behavior.prompt,
        detail: { ...shown, length: norm(vector), fits: fits(one), source },
      };
    }
    const fitting = judged.filter(fits);
    const [best] = (fitting.length > 0 ? fitting : judged).toSorted((a, b) => a.bypass - b.bypass);
    const edit = ablation(best!);
    const messages = conversation(behavior);
    const { text } = await model.generate(messages, { edit, maxNewTokens: options.testTokens, signal });
    const { fromEnd, boundary, bypass, induce, drift } = best!;
    yield {
      step,
      candidate: behavior.prompt,
      detail: { chosen: true, fromEnd, boundary, bypass, induce, drift, fits: fits(best!), response: text },
    };
    return { messages, edit, steps: step, claimed: labelReply(text) === 'answered' };
  },
});
