import { z } from 'zod';
import { editSystem, system, user, type ChatMessage } from '../../core/chat.ts';
import { arxiv } from '../../core/method.ts';
import { integer, number, text } from '../../core/options.ts';
import type { Abortable, WhiteBoxModel } from '../../models/language-model.ts';
import { artifactOf, blackBox, defineDefense, withEvent, withinModel } from '../defense.ts';
import { accepted, withEdit } from '../generation/edits.ts';
import { declines } from '../generation/replies.ts';
import { findSpace, moveLoss, type Anchor } from './dro/representation.ts';
import { embedSystemText, inSystemTurn, lastState, trainSoftPrompt } from './dro/soft-prompt.ts';

const artifactSchema = z.strictObject({
  /** The soft prompt: one vector per token, shape [d]. */
  vectors: z.array(z.array(z.number()).min(1)),
  /** Mean loss of each epoch. */
  losses: z.array(z.number()),
});

/** The model's last hidden state on a conversation, and how often it complies. */
async function observe(
  model: WhiteBoxModel,
  messages: readonly ChatMessage[],
  harmless: boolean,
  {
    samples,
    answerTokens,
    seed,
    signal,
  }: Abortable & { samples: number; answerTokens: number; seed: string },
): Promise<Anchor> {
  const replies = await Promise.all(
    Array.from({ length: samples }, (_, i) =>
      model.generate(messages, {
        maxNewTokens: answerTokens,
        sampling: { temperature: samples === 1 ? 0 : 1, topP: 0.9 },
        seed: `${seed}/${i}`,
        signal,
      }),
    ),
  );
  const refusals = replies.map(declines).filter((refused) => refused !== null);
  const complied = refusals.filter((refused) => !refused).length;
  const state = await lastState(model, model.tokenizer.prompt(messages), { signal });
  return { state, compliance: refusals.length === 0 ? null : complied / refusals.length, harmless };
}

/**
 * Directed representation optimization: a safety prompt of vectors instead of words, trained so that the hidden states
 * of harmful requests move toward refusal, and those of harmless ones away from it. Only the vectors are trained; the
 * model, and what it does without them, stays the same.
 */
export const dro = defineDefense({
  id: 'dro',
  title: 'DRO',
  paper: arxiv('2401.18018', 'On Prompt-Driven Safeguarding for Large Language Models'),
  summary: 'Puts trained vectors into the system prompt that move harmful requests toward refusal.',
  differs:
    'States are anchored with one textual safety prompt and without any, rather than with three; ' +
    'compliance is measured on fewer answers, and by our refusal patterns; the vectors follow the text ' +
    'of the system turn.',
  access: 'white-box',
  stage: 'decoding',
  needs: [],
  taxonomy: withinModel,
  options: {
    safetyPrompt: text({
      description: 'The safety prompt whose tokens the vectors start from, one vector per token.',
      default: 'You are a responsible assistant. Decline anything harmful or forbidden.',
      multiline: true,
    }),
    epochs: integer({
      description: 'How often training goes through the requests.',
      default: 40,
      min: 0,
      max: 1000,
      unit: 'epochs',
    }),
    batchSize: integer({
      description: 'Requests per training step.',
      default: 50,
      min: 1,
      max: 1000,
      unit: 'requests',
    }),
    learningRate: number({ description: 'Step size of AdamW.', default: 1e-3, min: 0, max: 1 }),
    requests: integer({
      description: 'Most requests of each kind to train on (paper: 100).',
      default: 16,
      min: 1,
      max: 1000,
      unit: 'requests',
    }),
    dimensions: integer({
      description: 'Principal directions along which requests may move freely.',
      default: 4,
      min: 1,
      max: 64,
      unit: 'dimensions',
    }),
    harm: number({ description: 'Weight of the harmfulness probe.', default: 0.01, min: 0, max: 10 }),
    stay: number({
      description: 'Weight of staying in place in all other dimensions.',
      default: 0.001,
      min: 0,
      max: 10,
    }),
    samples: integer({
      description:
        'Answers per request from which compliance is measured; a single one is greedy (paper: 20).',
      default: 4,
      min: 1,
      max: 100,
      unit: 'answers',
    }),
    answerTokens: integer({
      description: 'Most tokens of each of these answers.',
      default: 16,
      min: 1,
      max: 512,
      unit: 'tokens',
    }),
  },
  artifactSchema,
  async prepare(model, contrast, options, { random, signal, onProgress }) {
    const { safetyPrompt, samples, answerTokens, dimensions, epochs, batchSize, learningRate } = options;
    const initial = await embedSystemText(model, safetyPrompt, { signal });
    if (initial.length === 0) return { vectors: [], losses: [] };
    const kind = (prompts: readonly string[], harmless: boolean) =>
      prompts.slice(0, options.requests).map((request) => ({ request, harmless }));
    const requests = [...kind(contrast.harmful, false), ...kind(contrast.harmless, true)];
    const total = requests.length + epochs;

    const anchors: { readonly bare: Anchor; readonly reminded: Anchor }[] = [];
    for (const [i, { request, harmless }] of requests.entries()) {
      const sampling = { samples, answerTokens, seed: `dro/${i}`, signal };
      const bare = await observe(model, [user(request)], harmless, sampling);
      const reminded = await observe(model, [system(safetyPrompt), user(request)], harmless, sampling);
      anchors.push({ bare, reminded });
      onProgress?.(i + 1, total);
    }
    const space = findSpace(
      anchors.flatMap(({ bare, reminded }) => [bare, reminded]),
      dimensions,
    );
    const lessons = requests.map(({ request, harmless }, i) => ({
      request,
      judge: (state: Float32Array) =>
        moveLoss(space, { state, start: anchors[i]!.reminded.state, harmless }, options),
    }));
    return trainSoftPrompt(model, initial, lessons, {
      epochs,
      batchSize,
      learningRate,
      random,
      signal,
      onEpoch: (epoch) => onProgress?.(requests.length + epoch, total),
    });
  },
  view(_model, _options, context) {
    const { vectors } = artifactOf(context, artifactSchema, 'dro');
    if (vectors.length === 0) return {};
    return { rewrite: (messages) => editSystem(messages, (before) => before), edit: inSystemTurn(vectors) };
  },
  wrap(model, _, context) {
    const { vectors } = artifactOf(context, artifactSchema, 'dro');
    const edit = vectors.length === 0 ? null : accepted(model, inSystemTurn(vectors), 'dro');
    return {
      ...blackBox(model, 'dro'),
      async generate(messages, options) {
        const reply = await (edit === null
          ? model.generate(messages, options)
          : model.generate(
              editSystem(messages, (before) => before),
              withEdit(options, edit),
            ));
        return withEvent(
          reply,
          {
            defense: 'dro',
            action: edit === null ? 'passed' : 'steered',
            reason:
              edit === null
                ? 'The trained safety prompt has no vectors.'
                : `A trained safety prompt of ${vectors.length} vectors was added.`,
            detail: { vectors: vectors.length },
          },
          'end',
        );
      },
    };
  },
});
