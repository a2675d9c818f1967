import { z } from 'zod';
import { arxiv } from '../../core/method.ts';
import { number } from '../../core/options.ts';
import { rounded, scaled } from '../../core/vectors.ts';
import { differenceInMeans, lastStreams } from '../../models/directions.ts';
import type { ModelEdit } from '../../models/language-model.ts';
import {
  artifactOf,
  blackBox,
  defineDefense,
  withEvent,
  withinModel,
  type DefenseContext,
} from '../defense.ts';
import { accepted, boundaryAt, withEdit } from '../generation/edits.ts';

/** One direction per layer boundary, shape [d] each. */
const artifactSchema = z.strictObject({ directions: z.array(z.array(z.number()).min(1)).min(2) });

interface Addition {
  readonly strength: number;
  readonly depth: number;
}

/** What is added to the residual stream, and after which layer. */
function additionOf({ strength, depth }: Addition, context: DefenseContext) {
  const { directions } = artifactOf(context, artifactSchema, 'steering');
  const boundary = boundaryAt(depth, directions.length - 1);
  const add = rounded(scaled(directions[boundary]!, strength));
  return { boundary, edit: { residual: [{ boundaries: [boundary], add }] } satisfies ModelEdit };
}

/**
 * Adds the refusal direction to the residual stream at one layer, at every position. The direction is the mean
 * difference between harmful and harmless requests at the last token before the answer. It moves harmless requests
 * toward refusal as well; conditional steering is a remedy.
 */
export const steering = defineDefense({
  id: 'steering',
  title: 'Activation steering',
  paper: arxiv('2406.11717', 'Refusal in Language Models Is Mediated by a Single Direction'),
  summary: 'Adds the direction of refusal to what the model computes.',
  differs:
    'In the paper this addition is an experiment, not a defense. Position and layer are not searched for: ' +
    'the position is the last of the prompt, the layer is an option.',
  access: 'white-box',
  stage: 'decoding',
  needs: [],
  taxonomy: withinModel,
  options: {
    strength: number({
      description:
        'Multiple of the direction that is added; 1 moves harmless requests to where harmful ones are. Small models break down sooner.',
      default: 1,
      min: 0,
      max: 20,
    }),
    depth: number({
      description: 'Share of the layers after which it is added; the paper searches below 0.8.',
      default: 0.6,
      min: 0,
      max: 1,
    }),
  },
  artifactSchema,
  async prepare(model, { harmful, harmless }, _, { signal, onProgress }) {
    const refused = await lastStreams(model, harmful, { signal });
    onProgress?.(1, 2);
    const answered = await lastStreams(model, harmless, { signal });
    return { directions: differenceInMeans(refused, answered).map(rounded) };
  },
  view: (_model, options, context) => ({ edit: additionOf(options, context).edit }),
  wrap(model, options, context) {
    const { strength } = options;
    const { boundary, edit: addition } = additionOf(options, context);
    const edit = accepted(model, addition, 'steering');
    return {
      ...blackBox(model, 'steering'),
      async generate(messages, options) {
        const reply = await model.generate(messages, withEdit(options, edit));
        return withEvent(
          reply,
          {
            defense: 'steering',
            action: 'steered',
            reason: `The refusal direction was added after layer ${boundary}.`,
            detail: { strength, boundary },
          },
          'end',
        );
      },
    };
  },
});
