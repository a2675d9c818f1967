import { LabError } from '../../core/errors.ts';
import { arxiv } from '../../core/method.ts';
import { choice, integer, number } from '../../core/options.ts';
import type { DecodingPolicy } from '../../models/decoding/policy.ts';
import { logSoftmax, topIds } from '../../models/decoding/sampler.ts';
import { isScoring, type LanguageModel, type ScoringModel } from '../../models/language-model.ts';
import { blackBox, defineDefense, withEvent, withinModel } from '../defense.ts';
import { refusePolicy } from '../generation/requests.ts';

interface Strength {
  /** α: 0 is the base, 1 the expert, more than 1 goes beyond the expert. */
  readonly alpha: number;
  /** m: number of first tokens that the expert steers. */
  readonly steps: number;
  /** c: least size of the sample space. */
  readonly common: number;
}
const presets = {
  paper: { alpha: 3, steps: 2, common: 5 },
  aisafetylab: { alpha: 1, steps: 5, common: 3 },
} as const satisfies Record<string, Strength>;

/** @throws LabError 'bad-plan' unless the expert shows its distributions over the same vocabulary. */
function checkedExpert(model: ScoringModel, expert: LanguageModel): ScoringModel {
  if (!isScoring(expert))
    throw new LabError('bad-plan', `The expert ${expert.id} does not show its distributions.`, {
      advice: 'Pick an expert of tier grey-box or white-box.',
    });
  if (expert.tokenizer.vocabSize !== model.tokenizer.vocabSize)
    throw new LabError('bad-plan', `The expert ${expert.id} and ${model.id} use different vocabularies.`, {
      advice: 'Pick an expert trained from the same base as the target model.',
    });
  return expert;
}

const strengthOf = ({
  preset,
  ...custom
}: Strength & { preset: 'custom' | keyof typeof presets }): Strength =>
  preset === 'custom' ? custom : presets[preset];

const policyOf = (model: ScoringModel, strength: Strength, expert: LanguageModel): DecodingPolicy => ({
  id: 'safe-decoding',
  companions: [{ model: checkedExpert(model, expert) }],
  steps: strength.steps,
  next: ({ base, companions }) => amplifyExpert(base, companions[0]!, strength),
});

/** Lowest unnormalized probability of a token in the sample space. */
const floor = 1e-8;

/**
 * The ids that both distributions rank among their `k` likeliest, for the smallest `k` ≥ `count` that yields `count` ids.
 * Fewer only if the vocabulary itself is smaller than `count`.
 */
export function sampleSpace(base: Float32Array, expert: Float32Array, count: number): number[] {
  const vocabSize = Math.min(base.length, expert.length);
  for (let reach = Math.min(4 * count, vocabSize); ; reach = Math.min(4 * reach, vocabSize)) {
    const [ours, theirs] = [topIds(base, reach), topIds(expert, reach)];
    const rank = new Map(theirs.map((id, place) => [id, place]));
    // A token is shared from the k that reaches the later of its two ranks.
    const shared = ours
      .flatMap((id, place) => (rank.has(id) ? [{ id, from: 1 + Math.max(place, rank.get(id)!) }] : []))
      .toSorted((a, b) => a.from - b.from);
    if (shared.length >= count || reach === vocabSize) {
      const k = Math.max(count, shared[Math.min(count, shared.length) - 1]?.from ?? 0);
      return shared.filter(({ from }) => from <= k).map(({ id }) => id);
    }
  }
}

/**
 * log of max(p + α(p′ − p), 1e−8) over the sample space, −∞ elsewhere; shape [V].
 * @param base logits of the base (p), borrowed
 * @param expert logits of the expert (p′), borrowed
 */
export function amplifyExpert(
  base: Float32Array,
  expert: Float32Array,
  { alpha, common }: { readonly alpha: number; readonly common: number },
): Float32Array {
  const p = logSoftmax(base).map(Math.exp);
  const q = logSoftmax(expert).map(Math.exp);
  const merged = new Float32Array(base.length).fill(-Infinity);
  for (const id of sampleSpace(base, expert, common))
    merged[id] = Math.log(Math.max(p[id]! + alpha * (q[id]! - p[id]!), floor));
  return merged;
}

/**
 * SafeDecoding: samples the first m tokens from base and safety expert together, amplifying what the expert makes
 * likelier, and then decodes as usual. The first tokens decide whether an answer refuses.
 * With α = 1 (AISafetyLab's default) they follow the expert's own distribution over the shared sample space.
 */
export const safeDecoding = defineDefense({
  id: 'safe-decoding',
  title: 'SafeDecoding',
  paper: arxiv('2402.08983', 'SafeDecoding: Defending against Jailbreak Attacks via Safety-Aware Decoding'),
  summary: 'Lets a safety expert steer the first tokens of the answer.',
  differs: 'The paper decodes greedily; here sampling follows the request.',
  access: 'grey-box',
  stage: 'decoding',
  needs: ['expert'],
  taxonomy: withinModel,
  options: {
    preset: choice({
      description: 'Published strengths (paper: 3, 2, 5; AISafetyLab: 1, 5, 3), or the three numbers below.',
      choices: ['paper', 'aisafetylab', 'custom'],
      default: 'paper',
    }),
    alpha: number({
      description: 'Custom only: weight of the expert; 1 is the expert alone, more amplifies it.',
      default: presets.paper.alpha,
      min: 0,
      max: 20,
    }),
    steps: integer({
      description: 'Custom only: how many first tokens are steered.',
      default: presets.paper.steps,
      min: 0,
      max: 64,
      unit: 'tokens',
    }),
    common: integer({
      description: 'Custom only: least number of tokens to choose from.',
      default: presets.paper.common,
      min: 1,
      max: 100,
      unit: 'tokens',
    }),
  },
  view: (model, options, { role }) => ({ policy: policyOf(model, strengthOf(options), role('expert')) }),
  wrap(model, options, { role }) {
    const strength = strengthOf(options);
    // One policy for all requests, because requests share a batch only if they share their policy.
    const policy = policyOf(model, strength, role('expert'));
    return {
      ...blackBox(model, 'safe-decoding'),
      async generate(messages, request) {
        refusePolicy('SafeDecoding', request);
        const reply = await model.generate(messages, { ...request, policy });
        return withEvent(
          reply,
          {
            defense: 'safe-decoding',
            action: strength.steps === 0 ? 'passed' : 'steered',
            reason: `The expert model steered the first ${strength.steps} tokens.`,
            detail: { ...strength },
          },
          'end',
        );
      },
    };
  },
});
