/** @file Part "storage": the disk runs full, and the browser loses, limits or closes what a run is stored in. */
import { writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { dist } from '../build.ts';
import { serve } from '../serve.ts';
import { dealt } from './dealt.ts';
import { runOnFullDisk } from './fail-command-line.ts';
import { createPageStorage, pageFailures, type PageStorage } from './fail-page.ts';
import { runUndisturbed } from './kill-command-line.ts';
import { outcomeOf, type FaultPart } from './part.ts';
import { createSmallDisk } from './small-disk.ts';
import { smallPlan } from './small-plan.ts';

const commandLineFault = 'command line: the disk of its folder is full';
/** Room for a profile with all files of the app. */
const profileBytes = 400 * 2 ** 20;
const noDisk = 'only root can mount a small disk';

export const storage: FaultPart = {
  id: 'storage',
  promise:
    'When storing fails, every trial that the page finished is offered for saving, and the run goes on to the same ' +
    'bytes once there is storage again.',
  count: 30,
  unit: 'storage failures',
  async *run(random, count, folder) {
    const temporary = join(folder, 'tmp');
    await mkdir(temporary);
    const planPath = join(folder, 'plan.json');
    writeFileSync(planPath, JSON.stringify(smallPlan));
    const undisturbed = await runUndisturbed({ out: join(folder, 'undisturbed'), planPath, temporary });
    const server = await serve({ folder: dist, port: 0, headers: true });
    const disk = createSmallDisk(join(folder, 'disk'), profileBytes);
    let profiles = 0;
    const open = (onDisk: boolean): PageStorage => {
      const profile = join(onDisk ? disk!.folder : folder, `profile-${++profiles}`);
      return createPageStorage(
        { url: server.url, profile, planPath },
        onDisk ? disk : null,
        undisturbed.lines,
      );
    };
    let lasting = open(false);
    const faults = [null, ...pageFailures];
    try {
      for (const failure of dealt(faults, count, random)) {
        const fault = failure?.fault ?? commandLineFault;
        if (!disk && (!failure || failure.needsDisk)) {
          yield { fault, result: 'skipped', note: noDisk };
        } else if (!failure) {
          yield await outcomeOf(fault, async () => {
            const small = createSmallDisk(join(folder, `disk-${++profiles}`), 2 ** 20)!;
            try {
              return await runOnFullDisk(small, { planPath, temporary }, undisturbed, random);
            } finally {
              small.remove();
            }
          });
        } else {
          const page = failure.needsDisk ? open(true) : lasting;
          const outcome = await outcomeOf(fault, () => page.fail(failure, random), 180_000);
          yield outcome;
          // A profile that was left in a bad state is not used again.
          if (failure.needsDisk || outcome.result === 'broken') await page.close().catch(() => {});
          if (!failure.needsDisk && outcome.result === 'broken') lasting = open(false);
          if (failure.needsDisk) disk?.clear();
        }
      }
    } finally {
      await lasting.close();
      await server.close();
      disk?.remove();
    }
  },
};
