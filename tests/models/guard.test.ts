import { describe, expect, test } from 'vitest';
import { createGuard, stretches } from '../../src/models/guard.ts';
import type { TextClassifier } from '../../src/models/text-classifier.ts';

describe('stretches', () => {
  test('cover every character, each within the reader’s window in bytes', () => {
    for (const content of ['x'.repeat(1000), 'жук '.repeat(300), '日本語'.repeat(99)]) {
      const [whole, ...parts] = stretches(content, 400, 128);
      expect(whole).toBe(content);
      expect(content.startsWith(parts[0]!)).toBe(true);
      expect(content.endsWith(parts.at(-1)!)).toBe(true);
      for (const part of parts) expect(new TextEncoder().encode(part).length).toBeLessThanOrEqual(120);
    }
  });
  test('overlap by half, so that what one cuts in two stands whole in another', () => {
    const content = Array.from({ length: 500 }, (_, i) => String(i % 10)).join('') + 'needle';
    for (const at of [0, 63, 199, 400]) {
      const hidden = `${content.slice(0, at)}NEEDLE${content.slice(at)}`;
      const [, ...parts] = stretches(hidden, 40, 4096);
      expect(parts.some((part) => part.includes('NEEDLE'))).toBe(true);
    }
  });
  test('of a short text are the text', () => expect(stretches('short', 400, 512)).toEqual(['short']));
});

describe('a guard', () => {
  const classifier: TextClassifier = {
    id: 'three',
    labels: ['BENIGN', 'INJECTION', 'JAILBREAK'],
    contextWindow: 512,
    classify: async (texts) => texts.map(() => Float32Array.of(0.5, 0.3, 0.2)),
  };
  const read = async (label: string, temperature = 1) => {
    const guard = createGuard(classifier, { label, temperature, window: 100 }, 'test');
    return (await guard.probabilities(['x']))[0]!;
  };
  test('knows the harmless class by its name, in whatever order', async () => {
    const reversed = { ...classifier, labels: ['JAILBREAK', 'INJECTION', 'BENIGN'] };
    const guard = createGuard(reversed, { label: '', temperature: 1, window: 100 }, 'test');
    expect((await guard.probabilities(['x']))[0]).toBeCloseTo(0.8);
  });
  test('asks for the class where no name says which is harmless', () => {
    const unnamed = { ...classifier, labels: ['LABEL_0', 'LABEL_1', 'LABEL_2'] };
    const chosen = { label: '', temperature: 1, window: 100 };
    expect(() => createGuard(unnamed, chosen, 'test')).toThrow(
      expect.objectContaining({ code: 'bad-options', advice: expect.stringContaining('LABEL_1') }),
    );
    expect(() => createGuard(unnamed, { ...chosen, label: 'LABEL_1' }, 'test')).not.toThrow();
  });
  test('counts the class it is told to, or all but the harmless one', async () => {
    expect(await read('JAILBREAK')).toBeCloseTo(0.2);
    expect(await read('INJECTION')).toBeCloseTo(0.3);
    expect(await read('')).toBeCloseTo(0.5);
  });
  test('with a high temperature tells less, with a low one more', async () => {
    expect(await read('JAILBREAK', 20)).toBeCloseTo(1 / 3, 1);
    expect(await read('BENIGN', 0.1)).toBeCloseTo(1, 1);
  });
  test('refuses a class that the classifier does not have, and names those it has', () => {
    expect(() => createGuard(classifier, { label: 'BAD', temperature: 1, window: 9 }, 'test')).toThrow(
      expect.objectContaining({ code: 'bad-options', advice: expect.stringContaining('JAILBREAK') }),
    );
  });
});
