/** @file `bundle`: a run in one file, which the page opens. */
import { closeSync, existsSync, openSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { excerpt } from '../../src/core/excerpt.ts';
import { bytes } from '../../src/core/format.ts';
import { bundleExtension } from '../../src/lab/bundle/manifest.ts';
import { writeBundle } from '../../src/lab/bundle/write-bundle.ts';
import { artifactsInFile } from '../../src/lab/plan/artifacts.ts';
import { runIdOf } from '../../src/lab/records/run-id.ts';
import { placerFor, type PlacedRecord } from '../../src/lab/trials/placement.ts';
import { registries } from '../../src/lab/trials/registries.ts';
import { expandPlan } from '../../src/lab/trials/trials.ts';
import { badUsage, cannotWrite, readInput } from './failure.ts';
import { readJson } from './json-file.ts';
import { pathsIn, readHead, readTrials } from './run-folder.ts';
import { readRecord } from './trial-file.ts';

export async function bundle(folder: string, { out }: { readonly out?: string }): Promise<void> {
  const paths = pathsIn(folder);
  const target = out ?? `${folder.replace(/[\\/]+$/, '')}${bundleExtension}`;
  if (existsSync(target))
    throw badUsage(`${excerpt(target)} is there already.`, 'Name another file with --out.');
  const { head, total, trials, artifacts } = readInput(() => {
    const head = readHead(folder);
    const { chunks, total } = expandPlan(head.plan, registries);
    const artifacts = existsSync(paths.artifacts) ? readJson(paths.artifacts, 'file of artifacts') : null;
    return { head, total, trials: readTrials(folder, placerFor(chunks)), artifacts };
  });
  if (trials.byPlace.size === 0) throw badUsage(`${excerpt(folder)} holds no trial.`);
  const file = openSync(paths.trials, 'r');
  function* batches(): Generator<readonly PlacedRecord[]> {
    for (const [place, { span }] of [...trials.byPlace].toSorted(([a], [b]) => a - b))
      yield [{ place, record: readRecord(file, span) }];
  }
  const content = await writeBundle({
    ...head,
    runId: await runIdOf(head.plan, head.device.kind),
    total,
    trials: batches(),
    artifacts: artifacts === null ? [] : readInput(() => artifactsInFile(artifacts)),
    sets: [],
  }).finally(() => closeSync(file));
  try {
    await writeFile(target, content.stream());
  } catch (error) {
    throw cannotWrite(target, error);
  }
  console.log(`Wrote ${target}: ${trials.byPlace.size} trials, ${bytes(content.size)}.`);
}
