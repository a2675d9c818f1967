import { describe, expect, test } from 'vitest';
import { user, editLastUser } from '../../src/core/chat.ts';
import { blackBox, defineDefense, withEvent, type Defense } from '../../src/defenses/defense.ts';
import { perplexityFilter } from '../../src/defenses/input/perplexity-filter.ts';
import { selfReminder } from '../../src/defenses/input/self-reminder.ts';
import { safeDecoding } from '../../src/defenses/decoding/safe-decoding.ts';
import { selfEvaluation } from '../../src/defenses/output/self-evaluation.ts';
import { stack } from '../../src/defenses/stack.ts';
import { answering, scripted } from '../../src/models/runtimes/scripted.ts';
import { options, playing, remembering } from './defend.ts';

const common = {
  paper: { title: 'None', url: 'https://example.org' },
  summary: 'Leaves a mark.',
  needs: [],
  taxonomy: [],
  options: {},
} as const;
/** Writes its name on what passes through: on the request, or on the answer. */
const marker = (id: string, stage: 'input' | 'decoding' | 'output'): Defense =>
  defineDefense({
    ...common,
    id,
    title: id,
    access: 'black-box',
    stage,
    wrap: (model) => ({
      ...blackBox(model, id),
      async generate(messages, request) {
        const event = { defense: id, action: 'edited', reason: 'Marked.' } as const;
        if (stage === 'input')
          return withEvent(
            await model.generate(
              editLastUser(messages, (text) => `${text}>${id}`),
              request,
            ),
            event,
            'start',
          );
        const reply = await model.generate(messages, request);
        return withEvent({ ...reply, text: `${reply.text}<${id}` }, event, 'end');
      },
    }),
  });
const chosen = (...defenses: Defense[]) => defenses.map((defense) => ({ defense }));

describe('order', () => {
  const [in1, in2] = [marker('in1', 'input'), marker('in2', 'input')];
  const [out1, out2] = [marker('out1', 'output'), marker('out2', 'output')];
  const mid = marker('mid', 'decoding');
  const { model } = remembering((messages) => messages.at(-1)!.content);
  const run = (...defenses: Defense[]) =>
    stack(model, chosen(...defenses), playing({})).generate([user('ask')], options);

  test('within a stage is that of the plan, and stages follow the request', async () => {
    const { text, events } = await run(out1, in1, mid, out2, in2);
    expect(text).toBe('ask>in1>in2<mid<out1<out2');
    expect(events.map(({ defense }) => defense)).toEqual(['in1', 'in2', 'mid', 'out1', 'out2']);
  });
  test('of the plan decides between defenses of one stage', async () => {
    expect((await run(out2, in2, in1, out1)).text).toBe('ask>in2>in1<out2<out1');
  });
  test('of an empty stack is the model itself', () => {
    expect(stack(model, [], playing({}))).toBe(model);
  });
});

describe('access', () => {
  const grey = scripted({ next: answering(() => 'Once upon a time.') });
  const { model: black } = remembering();
  const roles = playing({ expert: grey, judge: remembering(() => 'No').model });

  test('is checked against the model', () => {
    for (const defense of [perplexityFilter, safeDecoding])
      expect(() => stack(black, chosen(defense), roles)).toThrow(
        expect.objectContaining({ code: 'not-supported', message: expect.stringContaining(defense.id) }),
      );
  });
  test('of a token-level defense is to the model alone, so a second one is refused', () => {
    expect(() => stack(grey, chosen(safeDecoding, safeDecoding), roles)).toThrow(
      expect.objectContaining({ code: 'not-supported' }),
    );
    expect(() => stack(grey, chosen(marker('mid', 'decoding'), safeDecoding), roles)).toThrow();
  });
  test('of a defense that only reads is to the model within the stack', async () => {
    const all = [selfReminder, perplexityFilter, safeDecoding, selfEvaluation];
    const defenses = all.map((defense) => ({
      defense,
      ...(defense === perplexityFilter && { options: { threshold: 1e9 } }),
    }));
    for (const order of [defenses, defenses.toReversed()]) {
      const { events } = await stack(grey, order, roles).generate([user('ask')], options);
      expect(events.map(({ defense }) => defense).toSorted()).toEqual(all.map(({ id }) => id).toSorted());
    }
  });
});

test('a blocked request reaches neither the model nor the output defenses', async () => {
  const grey = scripted({ next: answering(() => 'Once upon a time.') });
  const judge = remembering(() => 'Yes');
  const defended = stack(
    grey,
    [{ defense: selfEvaluation }, { defense: perplexityFilter, options: { threshold: 1 } }],
    playing({ judge: judge.model }),
  );
  const { finishReason, events } = await defended.generate([user('ask')], options);
  expect([finishReason, events.length, judge.asked.length]).toEqual(['blocked', 1, 0]);
});

test('options that do not fit are refused', () => {
  const { model } = remembering();
  expect(() =>
    stack(model, [{ defense: selfReminder, options: { placement: 'below' } }], playing({})),
  ).toThrow(expect.objectContaining({ code: 'bad-options' }));
});
