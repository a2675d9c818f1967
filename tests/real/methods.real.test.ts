/**
 * @file One trial of every attack and of every defense on a real model runs to a scored end, each with a small budget; so
 * does a judge of one word and, with `--all`, one of a rating and one of several lines.
 */
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { serve, type LocalServer } from '../../scripts/serve.ts';
import type { MethodCard } from '../../src/core/method.ts';
import type { OptionsSpec } from '../../src/core/options.ts';
import type { PlanInput } from '../../src/lab/plan/plan.ts';
import type { TrialRecord } from '../../src/lab/records/trial.ts';
import { createMemoryStore } from '../../src/lab/store/memory.ts';
import { registries } from '../../src/lab/trials/registries.ts';
import { createLab } from '../../src/lab/worker/host.ts';
import { loadClassifier, loadModel } from '../../src/models/load.ts';
import { defaultRoles } from '../../src/models/catalog.ts';
import { loadReal, realEntry, realModelState } from './real-model.ts';

const state = realModelState('smollm2');
const thorough = inject('thorough');

/** Every count at the least that the method takes, and one variant where it would try all, so that a trial is short. */
const smallest = (spec: OptionsSpec): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(spec).flatMap(([name, option]): (readonly [string, unknown])[] => {
      if (option.type === 'integer') return [[name, Math.min(option.default, Math.max(option.min, 1))]];
      if (option.type !== 'choice' || option.default !== 'all') return [];
      return [[name, option.choices.find((choice) => choice !== 'all')]];
    }),
  );

/** They take from ten seconds to minutes here: run with `--all`. */
const slow: readonly string[] = [
  'advprompter',
  'conditional-steering',
  'dro',
  'embedding-attack',
  'gcg-universal',
  'grad-safe',
  'linear-probe',
  'refusal-ablation',
  'steering',
];

describe.skipIf(state === null)('on SmolLM2', () => {
  let site: LocalServer;
  let lab: ReturnType<typeof createLab>;
  beforeAll(async () => {
    site = await serve({ folder: 'public', port: 0, headers: false });
    const target = realEntry('smollm2', ['transformers', 'whitebox']);
    lab = createLab({
      loadModel: (entry, options) =>
        entry.id === target.id
          ? loadReal(target.id, options.access === 'white-box' ? 'whitebox' : 'transformers', state!.folder)
          : loadModel(entry, { ...options, baseUrl: site.url }),
      loadClassifier: (entry, options) => loadClassifier(entry, { ...options, baseUrl: site.url }),
      store: createMemoryStore(),
      device: { kind: 'wasm', description: 'Node', threads: 1 },
      registries: { ...registries, models: [...registries.models, target] },
    });
  });
  afterAll(() => site.close());

  /** The trials of a plan with one harmful behavior. */
  async function trialsOf(name: string, part: Pick<PlanInput, 'attacks' | 'defenses'> & Partial<PlanInput>) {
    const plan: PlanInput = {
      version: 1,
      name,
      // The expert of SafeDecoding needs the vocabulary of the target.
      models: { targets: ['smollm2'], roles: { ...defaultRoles, expert: 'smollm2' } },
      behaviors: [{ set: 'tinytown', kinds: ['harmful'], limit: 1 }],
      evaluators: [{ id: 'pattern-refusal' }],
      sampling: { maxNewTokens: 4 },
      attackBudget: { queries: 1 },
      concurrency: 1,
      ...part,
    };
    const trials: TrialRecord[] = [];
    const keep = async (records: readonly { readonly record: TrialRecord }[]) =>
      void trials.push(...records.map(({ record }) => record));
    const outcome = await lab.runKept(
      name,
      plan,
      () => {},
      [],
      [],
      keep,
      async () => undefined,
    );
    expect(outcome).toEqual({ status: 'done', value: undefined });
    return trials;
  }

  function expectScored(trials: readonly TrialRecord[]): void {
    expect(trials.length).toBeGreaterThan(0);
    for (const { error, finishReason, scores } of trials) {
      expect(error).toBeUndefined();
      expect(finishReason).not.toBe('failed');
      expect(scores['pattern-refusal']?.value).toBeTypeOf('number');
    }
  }

  const chosen = <M extends MethodCard>(all: readonly M[]) =>
    all.filter(({ id }) => thorough || !slow.includes(id));

  test.each(chosen(registries.attacks.all).map((method) => [method.id, method] as const))(
    'attack %s',
    async (id, method) => {
      const attacks = [{ id, options: smallest(method.options) }];
      expectScored(await trialsOf(`attack-${id}`, { attacks, defenses: [] }));
    },
  );
  test.each(chosen(registries.defenses.all).map((method) => [method.id, method] as const))(
    'defense %s',
    async (id, method) => {
      const defenses = [{ stack: [{ id, options: smallest(method.options) }] }];
      const attacks = [{ id: 'direct-request' }];
      expectScored(await trialsOf(`defense-${id}`, { attacks, defenses }));
    },
  );
  test.each(thorough ? ['yes-no-judge', 'prompted-pair', 'strong-reject'] : ['yes-no-judge'])(
    'evaluator %s reads the distribution of its judge',
    async (id) => {
      const [trial] = await trialsOf(`evaluator-${id}`, {
        models: { targets: ['smollm2'], roles: { judge: 'smollm2' } },
        attacks: [{ id: 'direct-request' }],
        defenses: [],
        evaluators: [{ id, options: { leastMass: 0.01 } }],
        sampling: { maxNewTokens: 32 },
      });
      const { value, label, explanation, figures } = trial!.scores[id]!;
      expect(value, `${label}: ${explanation}`).toBeTypeOf('number');
      expect(value).toBeGreaterThanOrEqual(0);
      expect(value).toBeLessThanOrEqual(1);
      expect(Object.values(figures!).every((figure) => figure >= 0)).toBe(true);
    },
  );
});
