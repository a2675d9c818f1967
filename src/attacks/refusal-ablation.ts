import type { Behavior } from '../core/behavior.ts';
import type { ContrastPrompts } from '../core/contrast.ts';
import { LabError } from '../core/errors.ts';
import { arxiv } from '../core/method.ts';
import { choice } from '../core/options.ts';
import { user } from '../core/chat.ts';
import { norm } from '../core/vectors.ts';
import { inBothPacks, joinedPacks } from '../core/templates.ts';
import {
  ablation,
  bestDirection,
  fits,
  refusalIdsOf,
  scoredDirections,
  unitOf,
  type ScoredDirection,
} from '../models/refusal-direction.ts';
import { directionOptions } from '../models/refusal-direction-options.ts';
import { conversation, defineAttack, type AttackStep, type LearningContext } from './attack.ts';
import { answerTest } from './parts/success/checked-answer.ts';
import { judgeTexts } from './parts/success/judge-score.ts';
import { successNeeds, successTakes, testOptions } from './parts/success/options.ts';
import { collectFindings } from './parts/success/outcomes.ts';
import texts from './templates/compact/refusal-ablation.json' with { type: 'json' };

interface Contrast {
  readonly harmful: readonly string[];
  readonly harmless: readonly string[];
}

/** With fewer requests of a kind, the difference in means is mostly noise. */
const fewestPrompts = 4;

const isEnough = (contrast: ContrastPrompts | null): contrast is ContrastPrompts =>
  contrast !== null && Math.min(contrast.harmful.length, contrast.harmless.length) >= fewestPrompts;

/**
 * Up to `count` requests of each kind, in random order: those that the plan sets aside, else behaviors, else the attack's
 * own texts.
 */
function contrastOf(
  own: 'behaviors' | 'texts',
  count: number,
  training: readonly Behavior[],
  { contrast, harmless, templates, random }: LearningContext,
): Contrast & { readonly source: string } {
  const promptsOf = (behaviors: readonly Behavior[]) => behaviors.map(({ prompt }) => prompt);
  const behaviors = { harmful: promptsOf(training), harmless: promptsOf(harmless) };
  const texts = { harmful: templates['harmful'] ?? [], harmless: templates['harmless'] ?? [] };
  const [source, from] =
    own === 'texts'
      ? (['texts', texts] as const)
      : isEnough(contrast)
        ? (['contrast', contrast] as const)
        : isEnough(behaviors)
          ? (['behaviors', behaviors] as const)
          : (['texts', texts] as const);
  const draw = (kind: 'harmful' | 'harmless') =>
    random
      .fork(kind)
      .shuffle([...from[kind]])
      .slice(0, count);
  return { source, harmful: draw('harmful'), harmless: draw('harmless') };
}

/** What was learned of the model, for every behavior alike. */
interface RefusalDirection {
  /** Normalized. */
  readonly unit: readonly number[];
  /** Where it was measured, and its scores on held-out requests. */
  readonly chosen: Readonly<Record<string, unknown>>;
  /** Number of candidates. */
  readonly steps: number;
}

/**
 * Refusal-direction ablation: candidate directions are the differences between the mean activations of harmful and
 * harmless requests, at every layer and token after the request. The candidate whose removal best keeps the model from
 * refusing is projected out of the residual stream, and the plain request is asked.
 * The direction is found once for a model, from requests that are not tested or, with fewer than four of a kind, from texts
 * of the attack itself, which a model may not tell apart. Layer and position are chosen on requests that are held
 * out from computing it.
 */
export const refusalAblation = defineAttack({
  id: 'refusal-ablation',
  title: 'Refusal-direction ablation',
  paper: arxiv('2406.11717', 'Refusal in Language Models Is Mediated by a Single Direction'),
  summary: 'Finds the direction in the model that causes refusals, and projects it out at every layer.',
  differs:
    'The paper uses 128 requests of each kind to compute directions and 32 more to select one, and keeps ' +
    'only harmful ones that the model refuses and harmless ones that it answers. Here the stream is ' +
    'edited between layers, not between attention and MLP within a layer; the refusal tokens are the ' +
    'first tokens of a list of openings; when no candidate meets both bounds, the one that refuses ' +
    'least is used anyway, and the step says so. Where a chat template opens a thought, refusal is measured ' +
    'behind an empty one.',
  access: 'white-box',
  needs: [],
  needsWhen: successNeeds,
  takesWhen: successTakes,
  templates: joinedPacks(inBothPacks(texts), judgeTexts),
  options: {
    source: choice({
      description:
        'Source of the requests to compute directions from: requests that the plan sets aside or behaviors that are not tested, or texts of the attack.',
      choices: ['behaviors', 'texts'],
      default: 'behaviors',
    }),
    ...directionOptions,
    ...testOptions,
  },
  trainsOn: ({ source, prompts }, contrast) => (source === 'texts' || isEnough(contrast) ? 0 : prompts),
  async *learn(training, model, options, context): AsyncGenerator<AttackStep, RefusalDirection> {
    const { signal } = context;
    const refusalIds = refusalIdsOf(model.tokenizer, context.templates['refusals'] ?? []);
    const { source, ...requests } = contrastOf(options.source, options.prompts, training, context);
    if (requests.harmful.length < 2 || requests.harmless.length < 2)
      throw new LabError('bad-input', 'There are too few requests to learn the refusal direction from.', {
        advice: 'Give more behaviors of both kinds, or more texts "harmful" and "harmless".',
      });
    const asked = (texts: readonly string[]) => texts.map((text) => [user(text)]);
    const contrast = { harmful: asked(requests.harmful), harmless: asked(requests.harmless) };
    const search = { refusalIds, positions: options.positions, share: options.depth, signal };
    let step = 0;
    const directions: ScoredDirection[] = [];
    for await (const scored of scoredDirections(model, contrast, search)) {
      directions.push(scored);
      const { vector, ...shown } = scored;
      yield {
        step: step++,
        detail: { ...shown, length: norm(vector), fits: fits(scored, options.mostDrift), source },
      };
    }
    const best = bestDirection(directions, options.mostDrift);
    const { fromEnd, boundary, bypass, induce, drift } = best;
    const chosen = { fromEnd, boundary, bypass, induce, drift, fits: fits(best, options.mostDrift), source };
    return { unit: unitOf(best), chosen, steps: step };
  },
  async *run(behavior, model, options, context) {
    const { signal, learned } = context;
    const { unit, chosen, steps } = learned as RefusalDirection;
    const edit = ablation(unit);
    const messages = conversation(behavior);
    const { text } = await model.generate(messages, { edit, maxNewTokens: options.testTokens, signal });
    const answer = await answerTest(behavior, options, context).verdictOn({ messages }, text);
    const found = collectFindings<null>(options, context);
    found.add(null, answer);
    yield {
      step: steps,
      candidate: behavior.prompt,
      detail: { chosen: true, ...chosen, ...answer },
    };
    return { messages, edit, steps: 1, ...found.end };
  },
});
