/** @file Part "kills": kills a run at random moments, of the command line and in the page, and lets it go on. */
import { writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { dist } from '../build.ts';
import { serve } from '../serve.ts';
import type { Random } from '../../src/core/random.ts';
import { dealt } from './dealt.ts';
import {
  commandLineKills,
  finish,
  killOnce,
  runUndisturbed,
  type RunFolder,
  type Undisturbed,
} from './kill-command-line.ts';
import { createPageRun, pageHarms, type PageLab } from './kill-page.ts';
import { outcomeOf, type FaultPart, type Outcome } from './part.ts';
import { smallPlan } from './small-plan.ts';

/** A run is killed this often at most before it may end. */
const killsPerRun = 5;

/** Share of the kills that happen to a run in a page. */
const pageShare = 0.4;

async function* commandLine(
  count: number,
  folders: (run: number) => RunFolder,
  undisturbed: Undisturbed,
  random: Random,
): AsyncGenerator<Outcome> {
  const kills = dealt(commandLineKills, count, random);
  for (let run = 1; kills.length > 0; run++) {
    const folder = folders(run);
    for (const harm of kills.splice(0, 1 + random.integer(killsPerRun))) {
      let killed = false;
      const outcome = await outcomeOf(harm.fault, async () => {
        killed = await killOnce(folder, harm, undisturbed, random);
      });
      // A run that ended first was not harmed; the kill comes again in another run.
      if (killed || outcome.result === 'broken') yield outcome;
      else kills.push(harm);
    }
    yield await outcomeOf('going on to the end after such kills', () => finish(folder, undisturbed));
  }
}

async function* inPage(
  count: number,
  lab: PageLab,
  { lines }: Undisturbed,
  random: Random,
): AsyncGenerator<Outcome> {
  const harms = dealt(pageHarms, count, random);
  let run = createPageRun(lab);
  for (let runs = 1; harms.length > 0; runs++) {
    const outcomes: Outcome[] = [];
    for (const each of harms.splice(0, 1 + random.integer(killsPerRun))) {
      let harmed = false;
      const outcome = await outcomeOf(each.fault, async () => {
        harmed = await run.harm(each.harm, random);
      });
      if (!harmed && outcome.result === 'held') harms.push(each);
      else {
        outcomes.push(outcome);
        yield outcome;
      }
    }
    const end = await outcomeOf('page: going on to the end after such harm', () => run.finish(lines));
    yield end;
    if ([...outcomes, end].every(({ result }) => result === 'held')) continue;
    // Start over, so that one fault is not counted again and again.
    await run.close().catch(() => {});
    run = createPageRun({ ...lab, profile: `${lab.profile}-${runs}` });
  }
  await run.close();
}

export const kills: FaultPart = {
  id: 'kills',
  promise:
    'A run that is killed at any moment keeps every trial that it reported, goes on when it is started again, and ' +
    'ends with the bytes of a run that nothing disturbed, times aside. No process and no file is left behind.',
  count: 100,
  unit: 'kills',
  async *run(random, count, folder) {
    const temporary = join(folder, 'tmp');
    await mkdir(temporary);
    const planPath = join(folder, 'plan.json');
    writeFileSync(planPath, JSON.stringify(smallPlan));
    const folders = (name: string): RunFolder => ({ out: join(folder, name), planPath, temporary });
    const undisturbed = await runUndisturbed(folders('undisturbed'));
    const inPages = Math.ceil(count * pageShare);
    yield* commandLine(
      count - inPages,
      (run) => folders(`run-${run}`),
      undisturbed,
      random.fork('command line'),
    );
    const server = await serve({ folder: dist, port: 0, headers: true });
    try {
      const lab = { url: server.url, profile: join(folder, 'profile'), planPath };
      yield* inPage(inPages, lab, undisturbed, random.fork('page'));
    } finally {
      await server.close();
    }
  },
};
