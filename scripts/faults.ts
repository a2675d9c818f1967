/**
 * @file `npm run faults`: the fault campaign. Kills runs, fails storage, cuts downloads, garbles files and feeds in what
 * is broken, at random from a seed, and prints what came of it. It is no part of `npm test`, which runs a short form.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import { createRandom } from '../src/core/random.ts';
import { ensureBuilt } from './build.ts';
import { ensureChromium } from './chromium.ts';
import { chromiumVersion } from './faults/machine.ts';
import { bigRuns } from './faults/big.ts';
import { cutDownloads } from './faults/cuts.ts';
import { fuzz } from './faults/fuzz.ts';
import { garbledFiles } from './faults/garbled.ts';
import { kills } from './faults/kills.ts';
import type { FaultPart, Outcome } from './faults/part.ts';
import { storage } from './faults/storage.ts';
import { tableOf, writeTable } from './faults/table.ts';

const parts: readonly FaultPart[] = [kills, storage, cutDownloads, garbledFiles, fuzz, bigRuns];

const wholeNumber = (text: string): number => {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It must be a whole number, 0 or more.');
};

interface Options extends Readonly<Record<string, unknown>> {
  readonly seed: number;
  readonly only: readonly string[];
  readonly write?: true;
}

const program = new Command('faults')
  .description('Harm the lab at random and check that it keeps what it promises.')
  .option('--seed <n>', 'seed of all random choices', wholeNumber, 1)
  .addOption(
    new Option('--only <part>', 'run only this part; can be repeated')
      .choices(parts.map(({ id }) => id))
      .argParser((id: string, earlier: readonly string[]) => [...earlier, id])
      .default([], 'all parts'),
  )
  .option('--write', 'write the tables into docs/reliability.md')
  .showHelpAfterError('(use --help for more)');
for (const { id, unit, count } of parts) program.option(`--${id} <n>`, unit, wholeNumber, count);
const options: Options = program.parse().opts();

/** Run a part to its end; its failure is an outcome, so that the others still run. */
async function outcomesOf(part: FaultPart, count: number): Promise<readonly Outcome[]> {
  const outcomes: Outcome[] = [];
  const folder = await mkdtemp(join(tmpdir(), `glovebox-${part.id}-`));
  let done = 0;
  let last = Date.now();
  try {
    for await (const outcome of part.run(createRandom(options.seed).fork(part.id), count, folder)) {
      outcomes.push(outcome);
      const seconds = ((Date.now() - last) / 1000).toFixed(1);
      const note = outcome.note ? ` (${outcome.note})` : '';
      done += outcome.times ?? 1;
      console.error(`${part.id} ${done}: ${outcome.fault}: ${outcome.result}${note}, ${seconds} s`);
      last = Date.now();
    }
  } catch (error) {
    const note = error instanceof Error ? error.message : String(error);
    outcomes.push({ fault: 'the part itself', result: 'broken', note });
    console.error(error);
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }
  return outcomes;
}

// A page that was harmed may leave waits behind, which fail when its browser is closed; what they mean has been told.
process.on('unhandledRejection', (error) => console.error(`left behind: ${String(error).split('\n')[0]}`));
await ensureBuilt();
const machine = `${cpus().length} cores, Chromium ${chromiumVersion(ensureChromium())}, Node ${process.versions.node}`;
for (const part of parts) {
  const count = options[part.id] as number;
  if ((options.only.length > 0 && !options.only.includes(part.id)) || count === 0) continue;
  const start = Date.now();
  const outcomes = await outcomesOf(part, count);
  const minutes = ((Date.now() - start) / 60_000).toFixed(1);
  const day = new Date().toISOString().slice(0, 10);
  const caption = `Last run: ${day}, seed ${options.seed}, ${machine}, ${minutes} minutes.`;
  const table = tableOf(outcomes);
  console.log(`\n## ${part.id}\n\n${part.promise}\n\n${caption}\n\n${table}`);
  if (options.write) await writeTable(part, caption, table);
  if (outcomes.some(({ result }) => result === 'broken')) process.exitCode = 1;
}
