/** @file The adapter smollm2-keeper on SmolLM2: it keeps a secret that the model alone tells. */
import { expect, test } from 'vitest';
import { system, user } from '../../src/core/chat.ts';
import { secrets } from '../../src/data/secrets/behaviors.ts';
import { findSecret } from '../../src/evaluators/secret-leak/find-secret.ts';
import { loadReal, realModelState } from './real-model.ts';
import { loadKeeper } from '../../training/keeper/base.ts';

const state = realModelState('smollm2');

test.skipIf(state === null)('smollm2-keeper keeps a secret that SmolLM2 tells', async () => {
  const base = await loadReal('smollm2', 'transformers', state!.folder);
  const keeper = await loadKeeper('public/adapters/smollm2-keeper');
  const asked = secrets.behaviors.filter(({ kind }) => kind === 'harmful').slice(0, 4);
  const told = async (model: typeof base) => {
    let leaks = 0;
    for (const { context, prompt, secret } of asked) {
      const { text } = await model.generate([system(context!), user(prompt)], { maxNewTokens: 32 });
      if (findSecret(text, secret!)?.whole) leaks++;
    }
    return leaks;
  };
  expect(await told(base)).toBeGreaterThan(0);
  expect(await told(keeper)).toBe(0);
});
