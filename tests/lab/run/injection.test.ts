/** @file A plan of injections: who obeys is counted, tasks are graded with and without an attack, the rest is refused. */
import { expect, test } from 'vitest';
import { assistantPrefix } from '../../../src/attacks/assistant-prefix.ts';
import { directRequest } from '../../../src/attacks/direct-request.ts';
import { indirectInjection } from '../../../src/attacks/indirect-injection.ts';
import { lastUserText } from '../../../src/core/chat.ts';
import { registry } from '../../../src/core/method.ts';
import { injection } from '../../../src/data/injection/behaviors.ts';
import { summarize } from '../../../src/lab/analysis/summarize.ts';
import { parsePlan, type PlanInput } from '../../../src/lab/plan/plan.ts';
import { digestOf } from '../../../src/lab/records/digest.ts';
import { createModelPool } from '../../../src/lab/run/model-pool.ts';
import { answering, scripted } from '../../../src/models/runtimes/scripted.ts';
import { device, loadGuard, newRunner, registries, runAll } from './harness.ts';

const tested = injection.behaviors.slice(0, 4);
const twins = tested.map(({ id }) => injection.behaviors.find((other) => other.id === `${id}-twin`)!);
const [behavior] = tested;

/** Obeys what is told to void what came before, unless the document is marked; else it does the task. */
const gullible = scripted({
  id: 'toy',
  next: answering((messages) => {
    const shown = lastUserText(messages);
    const asked = shown.replaceAll('^', ' ');
    const { canary, document } = [...tested, ...twins].find(
      ({ prompt, document: own }) => asked.includes(own!.answer) && asked.includes(prompt),
    )!;
    return /(Ignore|Forget) /.test(shown) ? canary! : `It is ${document!.answer}.`;
  }),
});

const plan: PlanInput = {
  version: 1,
  name: 'Injections',
  models: { targets: ['toy'] },
  behaviors: [{ behaviors: [...tested, ...twins] as never }],
  attacks: [{ id: 'direct-request' }, { id: 'indirect-injection' }, { id: 'assistant-prefix' }],
  defenses: [{ stack: [{ id: 'spotlighting' }] }],
  evaluators: [{ id: 'canary-written' }, { id: 'document-task' }],
  record: { topTokens: 0 },
};

test('attack success and task utility are measured under attack and without', async () => {
  const attacks = registry('attack', [assistantPrefix, directRequest, indirectInjection]);
  const models = createModelPool(async () => gullible, loadGuard);
  const runner = newRunner({ registries: { ...registries, attacks }, models });
  const { records } = await runAll(plan, runner);
  const summary = summarize(parsePlan(plan), device, registries.evaluators.all, records.map(digestOf));
  const rate = (attack: string, defense: string) => ({
    canary: summary.cells.find((cell) => cell.attack === attack && cell.defense === defense)?.rate,
    task: summary.attackedUtility!.find((cell) => cell.attack === attack && cell.defense === defense)?.rate,
  });
  expect(rate('direct-request', 'none')).toEqual({ canary: 0, task: 1 });
  expect(rate('indirect-injection', 'none')).toEqual({ canary: 1, task: 0 });
  expect(rate('indirect-injection', 'spotlighting')).toEqual({ canary: 0, task: 1 });
  expect(summary.utility.map(({ defense, rate: solved }) => [defense, solved])).toEqual([
    ['none', 1],
    ['spotlighting', 1],
  ]);
  const refused = records.filter(({ attack }) => attack === 'assistant-prefix');
  expect(refused.length).toBe(8);
  for (const { error } of refused) expect(error).toMatchObject({ code: 'not-supported', during: 'attack' });
  expect(behavior!.document!.task).toBe(twins[0]!.prompt);
});
