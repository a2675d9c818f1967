import { expect, test } from 'vitest';
import { collectFindings } from '../../../../src/attacks/parts/success/outcomes.ts';
import type { CheckedAnswer } from '../../../../src/attacks/parts/success/checked-answer.ts';

const answer = (verdict: CheckedAnswer['verdict']): CheckedAnswer => ({
  response: '',
  verdict,
  refused: verdict === 'refused',
});

test('of answers that came equally close, the latest is kept, and a worse one never', () => {
  const found = collectFindings<string>({ success: 'words' }, { fills: () => false });
  found.add('start', answer('refused'));
  found.add('later', answer('refused'));
  expect(found.best!.candidate).toBe('later');
  found.add('close', answer('off-topic'));
  found.add('worse', answer('refused'));
  expect(found.best!.candidate).toBe('close');
  expect(found.succeeded).toBe(false);
});
