import { z } from 'zod';
import { user, type ChatMessage } from '../../core/chat.ts';
import { LabError } from '../../core/errors.ts';
import { arxiv } from '../../core/method.ts';
import { number, text } from '../../core/options.ts';
import { dot, meanOf, plus, rounded, scaled, type Vector } from '../../core/vectors.ts';
import { streamsOf, type Stream } from '../../models/directions.ts';
import type { Abortable, ModelEdit, WhiteBoxModel } from '../../models/language-model.ts';
import {
  artifactOf,
  blackBox,
  defineDefense,
  withEvent,
  withinModel,
  type DefenseContext,
} from '../defense.ts';
import { accepted, boundaryAt, underEdit, withEdit } from '../generation/edits.ts';
import { bestThreshold, contrastDirection, isMet, likeness } from './conditional-steering/condition.ts';

/** Fewest pairs of requests of which half are set aside. */
const leastToSplit = 4;

const vector = z.array(z.number()).min(1);
const artifactSchema = z.strictObject({
  /** By layer boundary, the step from compliant to refusing answers. */
  behavior: z.array(vector).min(2),
  condition: z.strictObject({
    boundary: z.int().nonnegative(),
    direction: vector,
    threshold: z.number(),
    above: z.boolean(),
    /** On the pairs of requests that the direction was not learned from, where there are any. */
    f1: z.number(),
    /** Number of these pairs; 0 if the contrast is too small to set some aside, so that `f1` is of the learned ones. */
    heldOut: z.int().nonnegative(),
  }),
});

const meanStream = (streams: readonly Stream[]): readonly Vector[] =>
  streams[0]!.map((_, boundary) => meanOf(streams.map((stream) => stream[boundary]!)));

/** The mean residual stream over all positions of a prompt, by boundary. */
const readPrompt = async (model: WhiteBoxModel, prompt: readonly number[], options: Abortable) =>
  meanStream(await streamsOf(model, prompt, 0, options));

const readRequest = (model: WhiteBoxModel, messages: readonly ChatMessage[], options: Abortable) =>
  readPrompt(model, model.tokenizer.prompt(messages), options);

/** The mean residual stream over the positions of an answer, by boundary. */
async function readAnswer(model: WhiteBoxModel, request: string, answer: string, options: Abortable) {
  const prompt = model.tokenizer.prompt([user(request)]);
  const whole = model.tokenizer.prompt([user(request)], { assistantPrefix: answer });
  return meanStream(await streamsOf(model, whole, prompt.length, options));
}

/** The contrast direction of `a` and `b`, scaled to the distance of their means along it. */
function stepBetween(a: readonly Vector[], b: readonly Vector[]): Float64Array {
  const direction = contrastDirection(a, b);
  const apart = plus(meanOf(a), meanOf(b), -1);
  return direction === null ? scaled(apart, 0) : scaled(direction, dot(apart, direction));
}

interface Steering {
  readonly strength: number;
  readonly from: number;
  readonly to: number;
}

/** What is added to the residual stream, after which layers, and on what condition. */
function steeringOf({ strength, from, to }: Steering, context: DefenseContext) {
  const { behavior, condition } = artifactOf(context, artifactSchema, 'conditional-steering');
  const layers = behavior.length - 1;
  const [first, last] = [boundaryAt(from, layers), boundaryAt(Math.max(from, to), layers)];
  const residual = behavior
    .map((step, boundary) => ({ boundaries: [boundary], add: rounded(scaled(step, strength)) }))
    .slice(first, last + 1);
  return { condition, first, last, edit: { residual } satisfies ModelEdit };
}

/**
 * Conditional activation steering (CAST): reads the request once, and only if it lies along the direction common to
 * harmful requests, adds the direction from compliant to refusing answers at several layers.
 * Both directions are first principal components of pairs; layer, threshold and side of the condition are those with
 * the best F1 on every other pair of the contrast, from which the direction is not learned.
 */
export const conditionalSteering = defineDefense({
  id: 'conditional-steering',
  title: 'Conditional steering (CAST)',
  paper: arxiv('2409.05907', 'Programming Refusal with Conditional Activation Steering'),
  summary: 'Steers toward refusal when the request looks harmful from inside the model, and only then.',
  differs:
    'All requests share one compliant and one refusing opening; strength 1 is the distance of the two in ' +
    'that model rather than length 1 (the paper adds 1.5 unit vectors in a model of 8 billion ' +
    'parameters); the condition is read from the whole request, without an assistant prefix, and ' +
    "steering begins with the prompt (the paper's code does both); no rescaling to the original norm; " +
    'one condition, whose likeness has a sign. An attack that adapts sees the log-probs and gradients of the ' +
    'side of the condition that its prompt is on, and none of the condition itself.',
  access: 'white-box',
  stage: 'decoding',
  needs: [],
  taxonomy: withinModel,
  options: {
    strength: number({
      description: 'Length of the step; 1 is the distance from compliant to refusing answers.',
      default: 1,
      min: 0,
      max: 20,
    }),
    from: number({
      description: 'Share of the layers after which steering begins.',
      default: 0.45,
      min: 0,
      max: 1,
    }),
    to: number({
      description: 'Share of the layers after which steering ends.',
      default: 0.75,
      min: 0,
      max: 1,
    }),
    refusing: text({
      description: 'A refusing opening of an answer, used to learn the directions.',
      default: 'I am sorry, I cannot help with that.',
    }),
    compliant: text({
      description: 'A compliant opening of an answer, used to learn the directions.',
      default: 'Sure, here is how to do that.',
    }),
  },
  artifactSchema,
  async prepare(model, { harmful, harmless }, { refusing, compliant }, { signal, onProgress }) {
    const streams = { harmful: [], harmless: [], refusing: [], compliant: [] } as Record<
      string,
      (readonly Vector[])[]
    >;
    for (const [i, request] of harmful.entries()) {
      streams['harmful']!.push(await readRequest(model, [user(request)], { signal }));
      streams['harmless']!.push(await readRequest(model, [user(harmless[i]!)], { signal }));
      streams['refusing']!.push(await readAnswer(model, request, refusing, { signal }));
      streams['compliant']!.push(await readAnswer(model, request, compliant, { signal }));
      onProgress?.(i + 1, harmful.length);
    }
    const at = (kind: string, boundary: number) => streams[kind]!.map((stream) => stream[boundary]!);
    const boundaries = [...streams['harmful']![0]!.keys()];
    // The embedding has no context, and no edit acts after the final norm.
    const isLarge = harmful.length >= leastToSplit;
    const isAside = (_: unknown, pair: number) => isLarge && pair % 2 === 1;
    const isLearned = (_: unknown, pair: number) => !isAside(_, pair);
    const isScored = isLarge ? isAside : isLearned;
    const conditions = boundaries.slice(1, -1).flatMap((boundary) => {
      const [a, b] = [at('harmful', boundary), at('harmless', boundary)];
      const direction = contrastDirection(a.filter(isLearned), b.filter(isLearned));
      if (direction === null) return [];
      const likenesses = (states: readonly Vector[]) => states.map((h) => likeness(h, direction));
      const best = bestThreshold(likenesses(a.filter(isScored)), likenesses(b.filter(isScored)));
      const heldOut = harmful.filter(isAside).length;
      return [{ boundary, direction: rounded(direction), ...best, heldOut }];
    });
    if (conditions.length === 0)
      throw new LabError('bad-input', `Nothing inside ${model.id} tells the contrast prompts apart.`, {
        advice: 'Give contrast prompts that differ, to a model of at least two layers.',
      });
    const condition = conditions.reduce((best, next) => (next.f1 > best.f1 ? next : best));
    const steps = boundaries.map((boundary) =>
      stepBetween(at('refusing', boundary), at('compliant', boundary)),
    );
    return { behavior: steps.map(rounded), condition };
  },
  view(_model, options, context) {
    const { edit, condition } = steeringOf(options, context);
    return {
      conditional: {
        edit,
        async isMet(reader, prompt, reading) {
          const stream = await readPrompt(reader, prompt, reading);
          return isMet(condition, likeness(stream[condition.boundary]!, condition.direction));
        },
      },
    };
  },
  wrap(model, steering, context) {
    const { strength } = steering;
    const { condition, first, last, edit: steps } = steeringOf(steering, context);
    const edit = accepted(model, steps, 'conditional-steering');
    return {
      ...blackBox(model, 'conditional-steering'),
      async generate(messages, options) {
        const { signal } = options;
        const stream = await underEdit(model, options, (reader) => readRequest(reader, messages, { signal }));
        const value = likeness(stream[condition.boundary]!, condition.direction);
        const met = isMet(condition, value);
        const reply = await model.generate(messages, met ? withEdit(options, edit) : options);
        return withEvent(
          reply,
          {
            defense: 'conditional-steering',
            action: met ? 'steered' : 'passed',
            reason: met
              ? `The request looked harmful; refusal was added after layers ${first} to ${last}.`
              : 'The request did not look harmful.',
            detail: { likeness: value, threshold: condition.threshold, strength },
            cost: { queries: 1, tokens: reply.promptTokens },
          },
          'end',
        );
      },
    };
  },
});
