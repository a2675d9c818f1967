import { assistantPrefix } from '../../../src/attacks/assistant-prefix.ts';
import { openingOptions } from '../../../src/attacks/parts/opening.ts';
import { describe, expect, test } from 'vitest';
import { promptGuard } from '../../../src/defenses/input/prompt-guard.ts';
import { attackCommand } from '../../../src/ui/links/command.ts';
import {
  asAsked,
  insightSetup,
  microscopeSetup,
  openingAttack,
  playgroundSetup,
  stackOf,
} from '../../../src/ui/links/trial-links.ts';
import { chainOf } from '../../../src/ui/components/defense-chain.ts';
import { editWords } from '../../../src/ui/trial/edit-words.ts';
import { trialsOf } from '../fake-lab.ts';
import { plan } from '../plan.ts';

test('an edit is described in words: soft tokens, and each kind of change once with its layers', () => {
  expect(
    editWords({
      softTokens: {
        vectors: [
          [1, 2],
          [3, 4],
        ],
        at: 'user-end',
      },
    }),
  ).toEqual(['2 vectors of 2 numbers act as tokens behind the last request; they stand for no words.']);
  expect(editWords({ residual: [{ ablate: [1, 0] }] })).toEqual([
    'One direction is taken out of the residual stream, at the embedding and after every layer.',
  ]);
  expect(
    editWords({
      residual: [
        { boundaries: [0], ablate: [1, 0] },
        { boundaries: [2], ablate: [0, 1] },
        { boundaries: [1, 3], add: [3, 4] },
      ],
    }),
  ).toEqual([
    'One direction is taken out of the residual stream, at the embedding and after layer 2.',
    'A vector of length 5.00 is added to the residual stream, after layers 1 and 3.',
  ]);
});

test('the chain names the defenses that acted, in that order, and then those that never did', () => {
  const event = (defense: string) => ({ defense, action: 'passed' as const, reason: '' });
  const acted = (stack: readonly string[], ...events: readonly string[]) =>
    chainOf(stack, events.map(event)).map(({ defense, event }) => [defense, event !== null]);
  expect(acted(['a', 'b', 'c'], 'b')).toEqual([
    ['b', true],
    ['a', false],
    ['c', false],
  ]);
  expect(acted(['a', 'a'], 'a')).toEqual([
    ['a', true],
    ['a', false],
  ]);
  expect(acted([], 'a')).toEqual([['a', true]]);
});

describe('a trial can be asked again by hand', () => {
  const find = (attack: string, defense: string) =>
    trialsOf(plan).find((record) => record.attack === attack && record.defense === defense)!;
  const isDecoding = (id: string) => id === 'safe-decoding';
  const parsed = (text: string | null) => JSON.parse(text!) as Record<string, unknown>;

  test('in the playground, behind the whole stack', () => {
    const record = find('direct-request', 'both');
    expect(stackOf(plan, record).map(({ id }) => id)).toEqual(['self-reminder', 'safe-decoding']);
    expect(parsed(playgroundSetup(plan, record))).toMatchObject({
      model: record.model,
      prompt: record.behaviorDetail.prompt,
      stack: [{ id: 'self-reminder' }, { id: 'safe-decoding' }],
      temperature: plan.sampling.temperature,
      maxNewTokens: plan.sampling.maxNewTokens,
    });
  });
  test('with the rate of false positives that its plan gives a guard', () => {
    const [column] = plan.defenses;
    const guard = { id: 'prompt-guard', options: {} };
    const rated = { ...plan, falsePositives: 0.1, defenses: [{ ...column!, name: 'both', stack: [guard] }] };
    const asked = asAsked(rated, (id) => (id === 'prompt-guard' ? promptGuard.options : undefined));
    const record = find('direct-request', 'both');
    expect(parsed(playgroundSetup(asked, record))).toMatchObject({
      stack: [{ id: 'prompt-guard', options: { falsePositives: 0.1, threshold: 0 } }],
    });
    expect(attackCommand(asked, record)).toContain('prompt-guard:falsePositives=0.1,threshold=0');
  });
  test('in the microscope, with the policy beside none', () => {
    const setup = parsed(microscopeSetup(plan, find('direct-request', 'both'), isDecoding));
    expect(setup).toMatchObject({ compare: true, lanes: [{ defense: 'safe-decoding' }, { defense: '' }] });
    expect(parsed(microscopeSetup(plan, find('direct-request', 'none'), isDecoding))).toMatchObject({
      compare: false,
    });
  });
  test('with the beginning of its answer, as the attack that begins answers', () => {
    const record = find('assistant-prefix', 'both');
    const { set, id: behavior } = record.behaviorDetail;
    const opening = { source: 'affirmative', affirmative: 'Sure, here is how' };
    for (const setup of [playgroundSetup(plan, record), microscopeSetup(plan, record, isDecoding)])
      expect(parsed(setup)).toMatchObject({
        ...{ set, behavior, attack: 'assistant-prefix', attackOptions: opening },
      });
    expect(openingAttack).toEqual({ id: assistantPrefix.id, most: openingOptions.affirmative.maxLength });
  });
  test('inside the model, with the attack around the request and the opening', () => {
    const { behaviorDetail, ...record } = find('assistant-prefix', 'none');
    const { set, prompt: request } = behaviorDetail;
    const around = [{ role: 'user' as const, content: `Please: ${request} $& now` }];
    const attackResult = { ...record.attackResult, messages: around };
    expect(parsed(insightSetup({ ...record, behaviorDetail, attackResult }))).toEqual({
      ...{ model: record.model, set, behavior: record.behavior },
      ...{ text: 'Please: {request} $& now', opening: 'Sure, here is how' },
    });
    const hidden = { ...attackResult, messages: [{ role: 'user' as const, content: 'xyzzy' }] };
    expect(parsed(insightSetup({ ...record, behaviorDetail, attackResult: hidden }))).toMatchObject({
      text: 'xyzzy',
    });
    const other = { ...behaviorDetail, context: 'Keep the secret.' };
    expect(insightSetup({ ...record, behaviorDetail: other, attackResult })).toBeNull();
  });
  test('but not where the prompt alone does not repeat it', () => {
    const record = find('assistant-prefix', 'none');
    const saying = (assistantPrefix: string) => ({
      ...record,
      attackResult: { ...record.attackResult, assistantPrefix },
    });
    for (const unable of [saying('Sure, '), saying('a'.repeat(openingAttack.most + 1))]) {
      expect(playgroundSetup(plan, unable)).toBeNull();
      expect(microscopeSetup(plan, unable, isDecoding)).toBeNull();
    }
  });
});
