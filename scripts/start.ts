/** @file `npm start`: build if needed, serve on this computer, open the browser. */
import { dist, ensureBuilt } from './build.ts';
import { serveSite } from './serve-site.ts';

await ensureBuilt();
await serveSite(dist);
