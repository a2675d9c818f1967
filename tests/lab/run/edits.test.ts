import { expect, test } from 'vitest';
import { conversation, defineAttack, type AttackResult } from '../../../src/attacks/attack.ts';
import { registry } from '../../../src/core/method.ts';
import { attackBehavior } from '../../../src/lab/run/attempt.ts';
import { createModelPool } from '../../../src/lab/run/model-pool.ts';
import type { GenerateOptions, LanguageModel, WhiteBoxModel } from '../../../src/models/language-model.ts';
import { answering, scripted } from '../../../src/models/runtimes/scripted.ts';
import { behavior, glass, newRunner, plan, registries, runAll } from './harness.ts';

const edit = { residual: [{ ablate: [1, 0] }] };
const sampling = { temperature: 0.5, topP: 0.8 };

/** Answers in a way of its own: what an attack on weights or on the decoding returns. */
const inside = (result: Partial<AttackResult>) =>
  defineAttack({
    ...glass,
    id: 'inside',
    async *run(asked) {
      yield { step: 0 };
      return { messages: conversation(asked), steps: 1, ...result };
    },
  });

/** The usual runtime refuses; the white-box one says whether it was edited. */
function runnerWith(result: Partial<AttackResult>) {
  const requests: GenerateOptions[] = [];
  const white = scripted({ answer: 'Sure', cost: () => 0 });
  const editable: WhiteBoxModel = {
    ...white,
    async generate(messages, { edit: made, ...options }) {
      requests.push({ ...options, ...(made && { edit: made }) });
      const reply = await white.generate(messages, options);
      return { ...reply, text: made ? 'Turned inside out.' : reply.text };
    },
  };
  const usual = scripted({ next: answering(() => 'I cannot.') });
  const watched: LanguageModel = {
    ...usual,
    generate: (messages, options) => {
      requests.push(options);
      return usual.generate(messages, options);
    },
  };
  const runner = newRunner({
    registries: { ...registries, attacks: registry('attack', [...registries.attacks.all, inside(result)]) },
    models: createModelPool(async (_, { access }) => (access === 'white-box' ? editable : watched)),
  });
  return { runner, requests };
}

const insidePlan = {
  ...plan,
  models: { targets: ['clear'], roles: plan.models.roles },
  behaviors: [{ behaviors: [behavior('a')] }],
  attacks: [{ id: 'inside' }],
  defenses: [{ stack: [{ id: 'self-reminder' }] }],
};

test('an answer to an edit comes from the white-box model, behind a defense too', async () => {
  const { runner, requests } = runnerWith({ edit });
  const { records } = await runAll(insidePlan, runner);
  expect(records.map(({ defense, response }) => [defense, response])).toEqual([
    ['none', 'Turned inside out.'],
    ['self-reminder', 'Turned inside out.'],
  ]);
  for (const request of requests) expect(request.edit).toEqual(edit);
  expect(records[0]!.attackResult.edit).toEqual(edit);
});

test('without an edit the usual model answers, sampled as the attack asks', async () => {
  const { runner, requests } = runnerWith({ sampling });
  const { records } = await runAll(insidePlan, runner);
  expect(records.map(({ response }) => response)).toEqual(['I cannot.', 'I cannot.']);
  expect(requests.map((request) => request.sampling)).toEqual([sampling, sampling]);
});

test('one attempt outside a run answers in the same way', async () => {
  const { runner } = runnerWith({ edit });
  const request = {
    model: 'clear',
    behavior: behavior('a'),
    attack: { id: 'inside' },
    defenses: [],
    evaluators: [],
    roles: {},
    sampling: { maxNewTokens: 40, temperature: 0, topP: 1 },
    seed: 1,
  };
  const listeners = { signal: new AbortController().signal, onStep: () => undefined };
  const { generation } = await attackBehavior(request, runner, listeners);
  expect(generation.text).toBe('Turned inside out.');
});

test('a model that cannot be edited fails the trial, says why, and lets the others go on', async () => {
  const { runner } = runnerWith({ edit });
  const rigid = {
    ...runner,
    models: createModelPool(async () => scripted({ answer: 'Sure', cost: () => 0 })),
  };
  const { records } = await runAll(
    { ...insidePlan, attacks: [{ id: 'inside' }, { id: 'direct-request' }] },
    rigid,
  );
  expect(records[0]).toMatchObject({
    finishReason: 'failed',
    error: { code: 'not-supported', during: 'answer' },
  });
  expect(records[0]!.error!.message).toContain('edited');
  expect(records[1]!.finishReason).not.toBe('failed');
});
