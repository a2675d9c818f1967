/** @file The service worker: wiring only. What it does is in `src/lab/seal/`. */
import { startSeal, type SealScope } from '../src/lab/seal/start.ts';
import type { AppFile } from '../src/lab/seal/app-file.ts';

declare const self: SealScope & { readonly __WB_MANIFEST: readonly AppFile[] };

startSeal(self, self.__WB_MANIFEST);
