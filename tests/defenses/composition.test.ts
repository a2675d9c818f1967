/** @file Every ordered pair of registered defenses, nested: nothing is lost, doubled or kept back on the way. */
import { beforeAll, describe, expect, test } from 'vitest';
import { assistant, lastUserText, system, user, type ChatMessage } from '../../src/core/chat.ts';
import { LabError } from '../../src/core/errors.ts';
import { parseOptions } from '../../src/core/options.ts';
import { createRandom } from '../../src/core/random.ts';
import type { Artifact, Defense, DefenseContext } from '../../src/defenses/defense.ts';
import { defenses } from '../../src/defenses/index.ts';
import { stack } from '../../src/defenses/stack.ts';
import type {
  GenerateOptions,
  Generation,
  LanguageModel,
  ScoringModel,
  WhiteBoxModel,
} from '../../src/models/language-model.ts';
import { answering, scripted } from '../../src/models/runtimes/scripted.ts';
import type { TextClassifier } from '../../src/models/text-classifier.ts';

/** Smaller and more telling than the defaults. */
const chosen: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  'perplexity-filter': { threshold: 1e12 },
  'smooth-llm': { copies: 3 },
  'ra-llm': { copies: 2 },
  parden: { calibration: 2 },
  'gradient-cuff': { samples: 2, directions: 1, calibration: 2 },
  // The toy's edited self reads no vectors, so that there is nothing to train.
  dro: { epochs: 0, samples: 1 },
  'grad-safe': { threshold: 1, references: 1, gap: 0, mostSlices: 1 },
  'injection-guard': { words: 1000 },
  'self-reminder': { placement: 'system' },
};

const talk: readonly ChatMessage[] = Object.freeze([
  system('By the pond.'),
  user('Hello'),
  assistant('Hi.'),
  user('Say it'),
]);
const prefix = 'Well, ';
const thought = { text: 'It may be told.' };

interface Call {
  readonly messages: readonly ChatMessage[];
  readonly options: GenerateOptions;
}

/** Models that cooperate, or, in a hostile world, classifiers and judges that see harm in everything. */
function createWorld({ hostile = false } = {}) {
  const target: Call[] = [];
  const roles: Call[] = [];
  const signals: (AbortSignal | undefined)[] = [];
  let classified = 0;
  let scored = 0;

  const answer = (messages: readonly ChatMessage[], soFar: string) => {
    const shown = lastUserText(messages);
    // Asked to repeat what stands below the first line, it does.
    if (soFar.startsWith('[')) return shown.slice(shown.indexOf('\n') + 1);
    const begun = [`${thought.text}\n\n${prefix}`, prefix].find((text) => soFar.startsWith(text));
    return begun === undefined ? 'Fine.' : `${begun}fine.`;
  };
  const grey = (id: string, reply: (messages: readonly ChatMessage[], soFar: string) => string) =>
    scripted({ id, next: answering(reply) });
  const counted = <M extends LanguageModel>(model: M, calls: Call[]): M => ({
    ...model,
    generate: (messages: readonly ChatMessage[], { edit: _, ...options }: GenerateOptions) => {
      calls.push({ messages, options });
      signals.push(options.signal);
      return model.generate(messages, options);
    },
  });
  const base = grey('target', answer);
  /** Four numbers a position, which depend on everything read so far. */
  const streams = (ids: readonly number[], salt: number) => {
    let sum = salt;
    return Float32Array.from({ length: ids.length * 4 }, (_, i) => {
      if (i % 4 === 0) sum += ids[i / 4]!;
      return (sum * (7 + 2 * (i % 4))) % 11;
    });
  };
  const slopes = (ids: readonly number[]) => streams(ids, 5);
  const model: WhiteBoxModel = {
    ...counted(base, target),
    access: 'white-box',
    logProbs: (requests, options) => {
      scored += requests.length;
      signals.push(options?.signal);
      return base.logProbs(requests, options);
    },
    tokenGradient: async ({ start, end }) => new Float32Array((end - start) * base.tokenizer.vocabSize),
    embeddingGradient: async ({ prompt, start, end }, options) => {
      scored += 1;
      signals.push(options?.signal);
      return slopes(prompt.slice(start, end));
    },
    weightGradients: async (requests, use, options) => {
      scored += requests.length;
      signals.push(options?.signal);
      const wave = ({ prompt }: (typeof requests)[number]) =>
        Float32Array.from({ length: 4 }, (_, i) =>
          prompt.reduce((sum, id, at) => sum + Math.sin(id * (at + i)), 0),
        );
      await use({ name: 'matrix', values: requests.map((one) => ({ shape: [2, 2], data: wave(one) })) });
    },
    embeddings: async (ids, options) => {
      signals.push(options?.signal);
      return streams(ids, 0);
    },
    inputGradient: async () => slopes([1]),
    hiddenStates: async (prompt: readonly number[], options) => {
      scored += 1;
      signals.push(options?.signal);
      return [0, 1, 2, 3].map((layer) => streams(prompt, layer));
    },
    parameters: async () => new Map(),
    edited: () => ({ ...model, dispose: () => undefined }),
    learner: async () => {
      throw new Error('No defense at inference trains the model.');
    },
  } as WhiteBoxModel;

  const fences = (messages: readonly ChatMessage[]) =>
    Array.from(lastUserText(messages).matchAll(/^(={4,})\n(.*?)\n\1$/gms), ([, , text]) => text!);
  const players: Readonly<Record<string, LanguageModel>> = {
    judge: counted(
      grey('judge', () => (hostile ? 'Yes, it is.' : 'No.')),
      roles,
    ),
    paraphraser: counted(
      grey('paraphraser', (messages) => fences(messages)[0] ?? ''),
      roles,
    ),
    corrector: counted(
      grey('corrector', (messages) => fences(messages).at(-1) ?? ''),
      roles,
    ),
    expert: counted(base as ScoringModel, roles),
  };
  const guard: TextClassifier = {
    id: 'guard',
    labels: ['SAFE', 'UNSAFE'],
    contextWindow: 4096,
    classify: async (texts, options) => {
      classified += texts.length;
      signals.push(options?.signal);
      return texts.map(() => (hostile ? Float32Array.of(0.1, 0.9) : Float32Array.of(0.9, 0.1)));
    },
  };
  const context: DefenseContext = {
    role: (role) =>
      players[role] ??
      counted(
        grey(role, () => 'Fine.'),
        roles,
      ),
    classifier: () => guard,
  };
  return { model, context, target, roles, signals, spent: () => ({ classified, scored }) };
}

const artifacts = new Map<string, Artifact>();
beforeAll(async () => {
  const contrast = { harmful: ['wake it', 'break it'], harmless: ['feed it', 'bake it'] };
  for (const defense of defenses.all) {
    if (!defense.prepare) continue;
    const { model, context } = createWorld();
    const options = parseOptions(defense.options, known(defense), defense.id);
    const found = await defense.prepare(model as never, contrast, options, {
      random: createRandom(1),
      classifier: context.classifier,
    });
    artifacts.set(defense.id, found);
  }
});

const known = ({ id, options }: Defense) =>
  Object.fromEntries(Object.entries(chosen[id] ?? {}).filter(([name]) => name in options));

/** Of the request, as it arrives at the model. */
const asGiven = { assistantPrefix: prefix, assistantThought: thought, topTokens: 1, specialTokens: 'text' };

const request: GenerateOptions = {
  maxNewTokens: 400,
  seed: 'seed',
  assistantPrefix: prefix,
  assistantThought: thought,
  topTokens: 1,
  specialTokens: 'text',
};

interface Outcome {
  readonly reply: Generation;
  readonly world: ReturnType<typeof createWorld>;
  readonly signal: AbortSignal;
  readonly streamed: readonly string[];
  /** The query that the answer came from. */
  readonly main: Call | undefined;
}

/** `null` for defenses that refuse, openly, to share a stack. */
async function run(
  chain: readonly Defense[],
  { messages = talk, hostile = false, more = {} as Partial<GenerateOptions> } = {},
): Promise<Outcome | null> {
  const world = createWorld({ hostile });
  const { signal } = new AbortController();
  const streamed: string[] = [];
  try {
    const defended = stack(
      world.model,
      chain.map((defense) => ({ defense, options: known(defense), artifact: artifacts.get(defense.id) })),
      world.context,
    );
    const onToken = (_: unknown, text: string) => void streamed.push(text);
    const reply = await defended.generate(messages, { ...request, signal, onToken, ...more });
    const main = world.target.find(
      ({ options }) => options.assistantPrefix === prefix && options.seed?.startsWith('seed'),
    );
    return { reply, world, signal, streamed, main };
  } catch (error) {
    if (error instanceof LabError && error.code === 'not-supported' && error.advice !== '') return null;
    throw error;
  }
}

const pairs = defenses.all.flatMap((a) => defenses.all.filter((b) => b !== a).map((b) => [a, b] as const));
const places = { input: 2, output: 1, decoding: 0 } as const;
/** [outer, inner] as the stack nests them. */
const nested = (a: Defense, b: Defense): readonly [Defense, Defense] => {
  const difference = places[a.stage] - places[b.stage];
  if (difference !== 0) return difference > 0 ? [a, b] : [b, a];
  return a.stage === 'input' ? [a, b] : [b, a];
};
const namesOf = (chain: readonly Defense[]) => chain.map(({ id }) => id).join(' + ');

describe.each(defenses.all.map((defense) => [defense.id, defense] as const))('%s alone', (id, defense) => {
  test('asks with the signal, seed, prefix and other options it was given, and says what it did', async () => {
    const { reply, world, signal, main } = (await run([defense]))!;
    expect(new Set(world.signals)).toEqual(new Set([signal]));
    expect(main?.options).toMatchObject(asGiven);
    expect(reply.events.map((event) => event.defense)).toEqual([id]);
    expect(reply.events[0]!.reason).toMatch(/^[A-Z0-9].*\.$/s);
  });
  test('streams the words of its reply, or nothing', async () => {
    const { reply, streamed } = (await run([defense]))!;
    if (streamed.length > 0) expect(streamed.at(-1)).toBe(reply.text);
    // What only edits or filters requests has no reason to hold an answer back; this one rewrites answers too.
    if (defense.stage === 'input' && id !== 'goal-priority') expect(streamed).not.toEqual([]);
  });
  test('counts every query beside the answer itself', async () => {
    const { reply, world } = (await run([defense]))!;
    const { classified, scored } = world.spent();
    const counted = reply.events.reduce((sum, { cost }) => sum + (cost?.queries ?? 0), 0);
    expect(counted).toBe(world.target.length - 1 + world.roles.length + classified + scored);
  });
  test('hands a policy of the caller on, or refuses it', async () => {
    const policy = {
      id: 'none',
      companions: [],
      steps: 0,
      next: ({ base }: { base: Float32Array }) => base.slice(),
    };
    const outcome = await run([defense], { more: { policy } });
    if (outcome) expect(outcome.main?.options.policy).toBe(policy);
  });
  test('replays exactly', async () => {
    expect((await run([defense]))!.reply).toEqual((await run([defense]))!.reply);
  });
});

describe('in pairs', () => {
  interface Spent {
    readonly target: number;
    readonly roles: number;
  }
  const alone = new Map<string, Spent>();
  beforeAll(async () => {
    for (const defense of defenses.all) {
      const { world } = (await run([defense]))!;
      alone.set(defense.id, { target: world.target.length, roles: world.roles.length });
    }
  });

  test.each(pairs.map((pair) => [namesOf(pair), pair] as const))('%s', async (_, pair) => {
    const outcome = await run(pair);
    if (outcome === null) return;
    const { reply, world, signal, streamed, main } = outcome;
    const [outer, inner] = nested(...pair).map(({ id }) => alone.get(id)!) as [Spent, Spent];

    // No query is lost or doubled: each of the outer one is one request to the inner one.
    expect(world.target.length).toBe(outer.target * inner.target);
    expect(world.roles.length).toBe(outer.roles + outer.target * inner.roles);
    // Both act, once each on the way of the answer.
    expect(reply.events.map(({ defense }) => defense).toSorted()).toEqual(
      pair.map(({ id }) => id).toSorted(),
    );
    // What the caller asked for arrives, and one system turn with everything in it.
    expect(new Set(world.signals)).toEqual(new Set([signal]));
    expect(main?.options).toMatchObject(asGiven);
    for (const { messages } of world.target)
      expect(messages.findLastIndex(({ role }) => role === 'system')).toBeLessThanOrEqual(0);
    expect(main?.messages[0]).toMatchObject({
      role: 'system',
      content: expect.stringContaining('By the pond.'),
    });
    if (streamed.length > 0) expect(streamed.at(-1)).toBe(reply.text);
    // The words of the request arrive once, and so do those of the turns before it.
    const sent = main!.messages.map(({ content }) => content).join('\n');
    for (const words of ['By the pond.', 'Hello', 'Hi.', 'Say it']) expect(sent.split(words)).toHaveLength(2);
  });

  test('those that refuse each other both decode, and the outer one needs more than a black box', async () => {
    for (const pair of pairs) {
      const apart =
        pair.every(({ stage }) => stage === 'decoding') && nested(...pair)[0].access !== 'black-box';
      expect((await run(pair)) === null, namesOf(pair)).toBe(apart);
    }
  }, 60_000);
  test('some go together', async () => {
    const outcomes = await Promise.all(pairs.slice(0, 60).map((pair) => run(pair)));
    expect(outcomes.filter((outcome) => outcome !== null).length).toBeGreaterThan(30);
  });

  const inputs = defenses.all.filter(({ stage }) => stage === 'input');
  const inputPairs = inputs.flatMap((a) => inputs.filter((b) => b !== a).map((b) => [a, b] as const));
  test.each(inputPairs.map((pair) => [namesOf(pair), pair] as const))(
    'the second edits what the first has edited: %s',
    async (_, [first, second]) => {
      const once = (await run([first]))!.main!.messages;
      const twice = (await run([second], { messages: once }))!.main!.messages;
      expect((await run([first, second]))!.main!.messages).toEqual(twice);
    },
  );

  test('several requests at once each go their own way through two that edit', async () => {
    const [first, second] = ['self-reminder', 'icd'].map((id) => defenses.get(id)) as [Defense, Defense];
    const { model, context, target } = createWorld();
    const guard = {
      defense: defenses.get('prompt-guard'),
      options: { threshold: 0.5 },
    };
    const picky: DefenseContext = {
      ...context,
      classifier: () => ({
        ...context.classifier('prompt-guard'),
        classify: async (texts) =>
          texts.map((text) => (text.includes('two') ? Float32Array.of(0, 1) : Float32Array.of(1, 0))),
      }),
    };
    const defended = stack(model, [guard, { defense: first }, { defense: second }], picky);
    const words = ['one', 'two', 'three'];
    const replies = await Promise.all(
      words.map((word) => defended.generate([user(`Say ${word}`)], { maxNewTokens: 20, seed: word })),
    );
    expect(replies.map(({ finishReason }) => finishReason)).toEqual(['end', 'blocked', 'end']);
    const reached = target.map(({ messages }) => lastUserText(messages));
    expect(reached).toHaveLength(2);
    for (const word of ['one', 'three']) {
      const sent = reached.filter((text) => text.includes(`Say ${word}`));
      expect(sent).toHaveLength(1);
      expect(sent[0]!.match(/Say /g), 'no request holds another').toHaveLength(1);
    }
    // Two demonstrations and the request, whatever the other requests were.
    for (const { messages } of target)
      expect(messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'user', 'assistant', 'user']);
  });

  test('what blocks a request first leaves nothing to do for what is inside', async () => {
    const blocking: Defense[] = [];
    for (const defense of inputs) {
      const { world, reply } = (await run([defense], { hostile: true }))!;
      if (reply.finishReason === 'blocked' && world.target.length === 0) blocking.push(defense);
    }
    expect(blocking.map(({ id }) => id)).toEqual(expect.arrayContaining(['injection-guard', 'prompt-guard']));
    for (const first of blocking) {
      const alone = (await run([first], { hostile: true }))!.world.signals.length;
      for (const second of defenses.all.filter((other) => other !== first)) {
        const outcome = await run([first, second], { hostile: true });
        if (outcome === null) continue;
        expect(outcome.world.target, namesOf([first, second])).toEqual([]);
        expect(outcome.world.signals.length, namesOf([first, second])).toBe(alone);
        expect(outcome.reply.events.map(({ defense }) => defense)).toEqual([first.id]);
      }
    }
  });
});
