/** @file What the first page shows, on the bundled models. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { heroSetup } from '../../src/ui/home/hero.ts';
import { readMicroscopeLink } from '../../src/ui/links/setups.ts';
import { partAt } from '../../src/ui/microscope/traces.ts';
import { endingWords, partingWords, plainPieces } from '../../src/ui/token-show/parting-words.ts';
import { openBundledLab, type BundledLab } from '../lab/bundled-lab.ts';

let bundled: BundledLab;
beforeAll(async () => {
  bundled = await openBundledLab();
});
afterAll(() => bundled.close());

test('the plain model answers the request, SafeDecoding declines it, and the sentence says at which token', async () => {
  const { model, prompt, maxNewTokens } = readMicroscopeLink(heroSetup)!;
  const answer = async (defenses: readonly { id: string }[]) => {
    const outcome = await bundled.lab.chat(
      defenses[0]?.id ?? 'plain',
      {
        ...{ model: model!, defenses, seed: 0, topTokens: 20, roles: { expert: 'tinytown-expert' } },
        messages: [{ role: 'user', content: prompt! }],
        sampling: { temperature: 0, topP: 1, maxNewTokens: maxNewTokens! },
      },
      () => {},
      () => {},
    );
    return outcome.status === 'done' ? outcome.value.generation : expect.fail(JSON.stringify(outcome));
  };
  const [plain, defended] = [await answer([]), await answer([{ id: 'safe-decoding' }])];
  const parting = partAt(plain.tokens, defended.tokens);
  expect(plainPieces(partingWords({ plain: plain.tokens, defended: defended.tokens, parting }))).toMatch(
    /^At the first token the base wants Sure \([78]\d%\), the expert I \([89]\d%\): merged, the model says I\.$/,
  );
  expect(endingWords(plain.text, defended.text)).toBe(
    'The same model answers without the defense and declines with it.',
  );
});
