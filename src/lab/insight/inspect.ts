/** @file Looks inside a model, and inside its base beside it. */
import { conversation } from '../../attacks/attack.ts';
import type { Behavior } from '../../core/behavior.ts';
import { user } from '../../core/chat.ts';
import { LabError } from '../../core/errors.ts';
import { fillSlots, hasSlot } from '../../core/slots.ts';
import type { TrainingData } from '../../core/training-data.ts';
import type { BehaviorSet } from '../../data/behavior-set.ts';
import type { WhiteBoxModel } from '../../models/language-model.ts';
import type { InsightRequest } from '../plan/insight-request.ts';
import type { InsideModel, InsightProgress, InsightReport, RelearningPoint } from '../records/insight.ts';
import { alignmentDepth, areComparable, type AnswerInFull } from './alignment-depth.ts';
import { attackAttention } from './attack-attention.ts';
import { logitLens } from './logit-lens.ts';
import { probedLayers, probedRequests } from './probe.ts';
import { projectionOf, refusalDirections } from './refusal-projection.ts';
import { relearning, usualRelearning } from './relearning.ts';
import { shownText, type Asked } from './shown-text.ts';

export interface Inspection {
  readonly request: InsightRequest;
  readonly set: BehaviorSet;
  readonly model: WhiteBoxModel;
  /** Refusal directions are read from it, if the model is comparable to it. */
  readonly base: WhiteBoxModel | null;
  /** For relearning, where the request asks for it. */
  readonly data: TrainingData | null;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: InsightProgress) => void;
}

/** Of the answers along which a model is compared with its base. */
const depth = { answers: 20, tokens: 40 } as const;
/** Tokens of the model's own answer that are shown. */
const answerTokens = 12;
/** Likeliest first tokens that are told. */
const alternatives = 5;

/** @throws LabError 'bad-input' for a set without contrast prompts or with too few behaviors, or as its parts */
export async function inspect(inspection: Inspection): Promise<InsightReport> {
  const { request, set, model, base, signal, onProgress } = inspection;
  const forbidden = set.behaviors.filter(({ kind }) => kind === 'harmful');
  const { contrast } = set;
  if (!contrast || forbidden.length === 0)
    throw new LabError('bad-input', `The set "${set.id}" has no pairs of forbidden and harmless requests.`, {
      advice: 'Choose a set with contrast prompts, as tinytown.',
    });
  const asked = askedBy(request, set, forbidden[0]!);
  const answers = forbidden.slice(0, depth.answers).flatMap(answerInFull);
  const texts = [...contrast.harmful, ...contrast.harmless].map((text) => ({
    messages: [user(text)],
    answer: '',
  }));
  const comparable = base !== null && (await areComparable(model, base, [...answers, ...texts]));
  const probed = probedRequests(set.behaviors);
  const models = base ? [base, model] : [model];
  const pairs = contrast.harmful.length + contrast.harmless.length;
  const of =
    (comparable ? 1 : models.length) * pairs +
    models.length * (1 + probed.length) +
    (comparable ? answers.length : 0);
  let done = 0;
  const reading = (one: WhiteBoxModel, part: InsightProgress['part']) => {
    const tell = () => onProgress({ model: one.id, part, done, of });
    tell();
    return { signal, onRead: () => void (done++, tell()) };
  };
  const directionsOf = (one: WhiteBoxModel) => refusalDirections(one, contrast, reading(one, 'directions'));
  const common = comparable ? await directionsOf(base) : null;
  const inside: InsideModel[] = [];
  for (const one of models) {
    const refusal = common ?? (await directionsOf(one));
    const { onRead } = reading(one, 'states');
    const shown = await shownText(one, asked, { most: answerTokens, signal });
    const projection = await projectionOf(one, refusal, shown.ids, { signal });
    const lens = await logitLens(one, shown, { top: alternatives, watch: request.watch, signal });
    const attention = await attackAttention(one, shown, { signal });
    onRead();
    const probe = await probedLayers(one, probed, { seed: request.seed, ...reading(one, 'probes') });
    if (request.relearning) reading(one, 'relearning');
    inside.push({
      ...{ model: one.id, tokens: shown.tokens, projection, lens, attention, probe },
      relearning: await relearned(one, forbidden, inspection),
    });
  }
  const found =
    comparable && answers.length > 0
      ? await alignmentDepth(model, base, answers, { most: depth.tokens, ...reading(model, 'depth') })
      : null;
  return { prompt: asked.text, watched: request.watch, models: inside, comparable, depth: found };
}

/** @throws LabError 'bad-input' for a behavior that is not in the set */
function askedBy({ behavior, prompt, opening }: InsightRequest, set: BehaviorSet, usual: Behavior): Asked {
  if (behavior === undefined && prompt !== undefined && !hasSlot(prompt, 'request'))
    return { place: (text) => [user(text)], text: prompt, request: prompt, opening };
  const chosen = behavior === undefined ? usual : set.behaviors.find(({ id }) => id === behavior);
  if (!chosen)
    throw new LabError('bad-input', `The set "${set.id}" has no behavior "${behavior}".`, {
      advice: 'Choose one of the set, or another set.',
    });
  const { prompt: request } = chosen;
  const text = fillSlots(prompt ?? '{request}', { request });
  return { place: (words) => conversation(chosen, words), text, request, opening };
}

/** The opening that an attack wants, and the true steps behind it; none without an opening. */
function answerInFull(behavior: Behavior): readonly AnswerInFull[] {
  const { target, reference } = behavior;
  if (target === undefined) return [];
  const answer = [target, ...(reference?.steps ?? []).map((step, i) => `${i + 1}. ${step}`)].join('\n');
  return [{ messages: conversation(behavior), answer }];
}

async function relearned(
  model: WhiteBoxModel,
  behaviors: readonly Behavior[],
  { request, data, signal }: Inspection,
): Promise<readonly RelearningPoint[]> {
  if (!request.relearning || !data) return [];
  const points: RelearningPoint[] = [];
  const settings = usualRelearning({ ...request.relearning, seed: request.seed }, signal);
  for await (const point of relearning(model, data, behaviors, settings)) points.push(point);
  return points;
}
