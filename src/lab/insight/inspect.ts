/** @file Looks inside a model, and inside its base beside it. */
import { conversation } from '../../attacks/attack.ts';
import type { Behavior } from '../../core/behavior.ts';
import { user } from '../../core/chat.ts';
import { LabError } from '../../core/errors.ts';
import type { TrainingData } from '../../core/training-data.ts';
import type { BehaviorSet } from '../../data/behavior-set.ts';
import type { WhiteBoxModel } from '../../models/language-model.ts';
import type { InsightRequest } from '../plan/insight-request.ts';
import type { InsideModel, InsightProgress, InsightReport, RelearningPoint } from '../records/insight.ts';
import { alignmentDepth } from './alignment-depth.ts';
import { logitLens } from './logit-lens.ts';
import { probedLayers, probedRequests } from './probe.ts';
import { projectionOf, refusalDirections } from './refusal-projection.ts';
import { relearning } from './relearning.ts';

export interface Inspection {
  readonly request: InsightRequest;
  readonly set: BehaviorSet;
  readonly model: WhiteBoxModel;
  /** Refusal directions are read from it; `null`: from the model itself. */
  readonly base: WhiteBoxModel | null;
  /** For relearning, where the request asks for it. */
  readonly data: TrainingData | null;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: InsightProgress) => void;
}

/** Of the answers along which a model is compared with its base. */
const depth = { answers: 20, tokens: 40 } as const;
const [alternatives, batchSize, maxNewTokens] = [5, 8, 96] as const;

/** @throws LabError 'bad-input' for a set without contrast prompts or with too few behaviors, or as its parts */
export async function inspect(inspection: Inspection): Promise<InsightReport> {
  const { request, set, model, base, signal, onProgress } = inspection;
  const forbidden = set.behaviors.filter(({ kind }) => kind === 'harmful');
  const { contrast } = set;
  if (!contrast || forbidden.length === 0)
    throw new LabError('bad-input', `The set "${set.id}" has no pairs of forbidden and harmless requests.`, {
      advice: 'Choose a set with contrast prompts, as tinytown.',
    });
  const messages = request.prompt === undefined ? conversation(forbidden[0]!) : [user(request.prompt)];
  const directions = await refusalDirections(base ?? model, contrast, { signal });
  const models: InsideModel[] = [];
  for (const one of base ? [base, model] : [model]) {
    const begin = (part: InsightProgress['part']) => onProgress({ model: one.id, part });
    begin('states');
    const projection = await projectionOf(one, directions, messages, { signal });
    const lens = await logitLens(one, messages, { top: alternatives, watch: request.watch, signal });
    begin('probes');
    const probe = await probedLayers(one, probedRequests(set.behaviors), { seed: request.seed, signal });
    begin('relearning');
    models.push({
      model: one.id,
      projection,
      lens,
      probe,
      relearning: await relearned(one, forbidden, inspection),
    });
  }
  const answers = forbidden.slice(0, depth.answers).flatMap((behavior) => {
    const answer = harmfulAnswer(behavior);
    return answer === null ? [] : [{ messages: conversation(behavior), answer }];
  });
  return {
    prompt: messages.at(-1)!.content,
    watched: request.watch,
    models,
    depth:
      base && answers.length > 0
        ? await alignmentDepth(model, base, answers, { most: depth.tokens, signal })
        : null,
  };
}

/** The opening that an attack wants, and the true steps behind it; `null` without an opening. */
const harmfulAnswer = ({ target, reference }: Behavior): string | null =>
  target === undefined
    ? null
    : [target, ...(reference?.steps ?? []).map((step, i) => `${i + 1}. ${step}`)].join('\n');

async function relearned(
  model: WhiteBoxModel,
  behaviors: readonly Behavior[],
  { request, data, signal }: Inspection,
): Promise<readonly RelearningPoint[]> {
  if (!request.relearning || !data) return [];
  const { at, examples, learningRate } = request.relearning;
  const points: RelearningPoint[] = [];
  const settings = { at, examples, learningRate, batchSize, seed: request.seed, adapters: null };
  const asking = { maxNewTokens, opened: false, signal };
  for await (const point of relearning(model, data, behaviors, { ...settings, ...asking }))
    points.push(point);
  return points;
}
