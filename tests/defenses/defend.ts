import { parseOptions } from '../../src/core/options.ts';
import { createRandom } from '../../src/core/random.ts';
import type { Defense, DefenseContext, PreparationContext } from '../../src/defenses/defense.ts';
import type { ChatMessage } from '../../src/core/chat.ts';
import { scripted, type Reply } from '../../src/models/runtimes/scripted.ts';
import type { TextClassifier } from '../../src/models/text-classifier.ts';
import { createGenerate } from '../../src/models/decoding/generate.ts';
import type { GenerateOptions, LanguageModel, ScoringModel } from '../../src/models/language-model.ts';

export const options: GenerateOptions = { maxNewTokens: 60 };

export const playing = (
  roles: Readonly<Record<string, LanguageModel>>,
  classifiers: Readonly<Record<string, TextClassifier>> = {},
): DefenseContext => ({
  role: (role) => {
    const model = roles[role];
    if (!model) throw new Error(`This test assigns no ${role}.`);
    return model;
  },
  classifier: (role) => {
    const classifier = classifiers[role];
    if (!classifier) throw new Error(`This test assigns no ${role}.`);
    return classifier;
  },
});

export const defend = (
  defense: Defense,
  model: LanguageModel,
  chosen: Readonly<Record<string, unknown>> = {},
  context = playing({}),
): LanguageModel => defense.wrap(model, parseOptions(defense.options, chosen, defense.id), context);

/** Of a defense that learns from the model alone. */
export const learning = (
  seed: string | number,
  more: Partial<PreparationContext> = {},
): PreparationContext => ({
  random: createRandom(seed),
  classifier: playing({}).classifier,
  ...more,
});

/** A black box that remembers what it was asked. */
export function remembering(reply: Reply = () => 'Once upon a time.') {
  const asked: { messages: readonly ChatMessage[]; options: GenerateOptions }[] = [];
  const model = scripted({ reply });
  return {
    asked,
    model: {
      ...model,
      generate: (messages, request) => {
        asked.push({ messages, options: request });
        return model.generate(messages, request);
      },
    } satisfies LanguageModel,
  };
}

/** A guard of two classes that finds a text as harmful as `harm` says, and remembers what it read. */
export function guarding(harm: (text: string) => number, { contextWindow = 512 } = {}) {
  const read: string[] = [];
  const classifier: TextClassifier = {
    id: 'guard',
    labels: ['SAFE', 'UNSAFE'],
    contextWindow,
    classify: async (texts, { signal } = {}) => {
      signal?.throwIfAborted();
      read.push(...texts);
      return texts.map((text) => Float32Array.of(1 - harm(text), harm(text)));
    },
  };
  return { classifier, read };
}

interface Opened {
  readonly prompts: readonly (readonly number[])[];
  /** Rows of each step. */
  readonly steps: number[];
  closed: boolean;
}

/** `model`, whose `generate` runs on sessions that are written down. */
export function inSessions<M extends ScoringModel>(model: M) {
  const opened: Opened[] = [];
  const open: ScoringModel['open'] = async (prompts, request) => {
    const session = await model.open(prompts, request);
    const seen: Opened = { prompts, steps: [], closed: false };
    opened.push(seen);
    return {
      get rows() {
        return session.rows;
      },
      logits: (row) => session.logits(row),
      keep: (rows) => session.keep(rows),
      async advance(tokens) {
        seen.steps.push(tokens.length);
        await session.advance(tokens);
      },
      async close() {
        seen.closed = true;
        await session.close();
      },
    };
  };
  const { id, contextWindow, tokenizer } = model;
  return {
    opened,
    model: { ...model, open, generate: createGenerate({ id, contextWindow, tokenizer, open }) },
  };
}
