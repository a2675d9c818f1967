import { expect, test } from 'vitest';
import { user } from '../../src/core/chat.ts';
import { answering, peaked, scripted } from '../../src/models/runtimes/scripted.ts';
import { targetLoss } from './target-loss.ts';
import { userTextLosses } from '../../src/models/scoring.ts';

/** The token of id n costs n/10 nats, whatever comes before. */
const model = scripted({
  next: (_, { vocabSize }) => {
    const logits = Float32Array.from({ length: vocabSize }, (_, id) => -id / 10);
    const total = Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit), 0));
    return logits.map((logit) => logit - total);
  },
});

test('the losses of a user text are those of its own tokens, after the template', async () => {
  const ids = model.tokenizer.encode('a fox');
  const losses = await userTextLosses(model, 'a fox');
  expect(losses).toHaveLength(ids.length);
  ids.forEach((id, i) => expect(losses[i]! - losses[0]!).toBeCloseTo((id - ids[0]!) / 10, 4));
});

test('a user text may be empty, begin like a probe, or hold control tokens', async () => {
  expect(await userTextLosses(model, '')).toHaveLength(0);
  expect(await userTextLosses(model, '0?')).toHaveLength(2);
  expect(await userTextLosses(model, '<|end|>')).toHaveLength(7);
});

test('the loss of a target is its mean negative log-prob as the start of the answer', async () => {
  const sure = scripted({ next: answering(() => 'Sure thing', { nats: 0.25 }) });
  expect(await targetLoss(sure, [user('Go')], 'Sure')).toBeCloseTo(0.25, 5);
  expect(await targetLoss(sure, [user('Go')], 'thing', { assistantPrefix: 'Sure ' })).toBeCloseTo(0.25, 5);
  const other = scripted({ next: (_, { vocabSize }) => peaked(vocabSize, 9, 0.5) });
  expect(await targetLoss(other, [user('Go')], 'Sure')).toBeGreaterThan(5);
});
