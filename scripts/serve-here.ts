/** @file `node serve.mjs` in a copy of the built app, as on a USB stick: serves the folder that it lies in. */
import { fileURLToPath } from 'node:url';
import { serveSite } from './serve-site.ts';

await serveSite(fileURLToPath(new URL('.', import.meta.url)));
