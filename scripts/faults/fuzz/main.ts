/** @file `npx tsx scripts/faults/fuzz/main.ts <kind> <count> [seed] [first]`: prints what fuzzing found, as JSON. */
import { createRandom } from '../../../src/core/random.ts';
import { fuzz, fuzzKinds, type FuzzKind } from './fuzz.ts';

const [kind = '', count = '100', seed = 'fuzz', first = '0'] = process.argv.slice(2);
if (!fuzzKinds.includes(kind as FuzzKind)) throw new Error(`Name one of ${fuzzKinds.join(', ')}.`);
console.log(
  JSON.stringify(await fuzz(kind as FuzzKind, Number(count), createRandom(seed), Number(first)), null, 1),
);
process.exit();
