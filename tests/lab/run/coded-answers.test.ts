import { expect, test } from 'vitest';
import { jailbroken } from '../../../src/attacks/jailbroken.ts';
import { multilingual } from '../../../src/attacks/multilingual.ts';
import { caesar, rot13 } from '../../../src/core/codes.ts';
import { cipher } from '../../../src/attacks/cipher.ts';
import { user } from '../../../src/core/chat.ts';
import { registry } from '../../../src/core/method.ts';
import { createLab } from '../../../src/lab/worker/host.ts';
import { createModelPool } from '../../../src/lab/run/model-pool.ts';
import { createMemoryStore } from '../../../src/lab/store/memory.ts';
import { scripted } from '../../../src/models/runtimes/scripted.ts';
import { behavior, device, loadGuard, newRunner, plan, registries, runAll } from './harness.ts';

const coded = { ...registries, attacks: registry('attack', [cipher, jailbroken, multilingual]) };
const steps = 'Take the a. Turn it around.';

/** Answers whatever it is asked with one text. */
const saying = (answer: string) => async () => scripted({ id: 'closed', reply: () => answer });
const runOn = async (
  answer: string,
  attack = { id: 'jailbroken', options: { variant: 'rot13' } as object },
) => {
  const { records, summary } = await runAll(
    {
      ...plan,
      models: { targets: ['closed'], roles: {} },
      behaviors: [{ behaviors: [behavior('a')] }],
      attacks: [attack],
      defenses: [{ stack: [{ id: 'self-reminder' }] }],
      evaluators: [{ id: 'pattern-refusal' }, { id: 'task-solved' }, { id: 'tinytown-oracle' }],
      record: { topTokens: 0 },
    },
    newRunner({ registries: coded, models: createModelPool(saying(answer), loadGuard) }),
  );
  const [record, defended] = records.filter(({ attack: id }) => id === attack.id);
  return { record: record!, defended: defended!, summary };
};

test('an answer in the code of its attack is graded by what it says, behind a defense as well', async () => {
  const { record, defended, summary } = await runOn(rot13.encode(steps));
  for (const trial of [record, defended])
    expect(trial).toMatchObject({
      response: rot13.encode(steps),
      reading: steps,
      attackResult: { answeredIn: 'rot13' },
      scores: { 'tinytown-oracle': { value: 1 }, 'pattern-refusal': { value: 0 } },
    });
  expect([record.defense, defended.defense]).toEqual(['none', 'self-reminder']);
  expect(summary.integrity.outputs.find(({ attack }) => attack === 'jailbroken')).toMatchObject({
    unreadable: 0,
  });
});

test('a refusal in code is a refusal', async () => {
  const { record } = await runOn(caesar.encode('I cannot help with that.'), {
    id: 'cipher',
    options: { cipher: 'caesar' },
  });
  expect(record.reading).toBe('I cannot help with that.');
  expect(record.scores['pattern-refusal']).toMatchObject({ value: 1 });
});

test.each([steps, 'I am sorry, no.', 'zq xv jjk wpt', ''])(
  'an answer that is not in code is judged as it came: %j',
  async (answer) => {
    const { record } = await runOn(answer);
    expect(record.response).toBe(answer);
    expect(record).not.toHaveProperty('reading');
  },
);

test('an answer of another code than the one asked for is judged as it came', async () => {
  const { record } = await runOn(caesar.encode(steps));
  expect(record).not.toHaveProperty('reading');
  expect(record.scores['tinytown-oracle']).toMatchObject({ value: 0 });
});

test('a chat and a single attack are judged alike, and say so', async () => {
  const lab = createLab({
    loadModel: saying(rot13.encode(steps)),
    store: createMemoryStore(),
    device,
    registries: coded,
  });
  const asked = {
    model: 'closed',
    behavior: behavior('a'),
    attack: { id: 'jailbroken', options: { variant: 'rot13' } },
    defenses: [],
    evaluators: [{ id: 'tinytown-oracle' }],
    roles: {},
    sampling: { temperature: 0, topP: 1, maxNewTokens: 40 },
    seed: 0,
    topTokens: 0,
  };
  const judged = { 'tinytown-oracle': { value: 1 } };
  const chat = await lab.chat(
    'chat',
    { ...asked, messages: [user('do it')] },
    () => {},
    () => {},
  );
  expect(chat).toMatchObject({ value: { reading: steps, scores: judged } });
  const attack = await lab.attack('attack', asked, () => {});
  expect(attack).toMatchObject({ value: { scores: judged, record: { reading: steps, scores: judged } } });
});
