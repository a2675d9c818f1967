/** @file Keeps zod from making code of strings, which the policy of the app forbids. */
import type { Plugin } from 'vite';

/** zod tries whether it may, and browsers report the try as a violation of the policy. */
export const noEval = (): Plugin => ({
  name: 'glovebox:no-eval',
  transform: {
    filter: { id: /\/zod\/v4\/core\/core\.js$/ },
    // In the module that holds the settings, so that it comes before every schema.
    handler: (code) => ({ code: `${code}\nconfig({ jitless: true });\n`, map: null }),
  },
});
