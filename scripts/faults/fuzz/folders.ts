/** @file Damaged folders of runs, put to every command that reads one. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { artifactFile, artifactInFile } from '../../../src/lab/plan/artifacts.ts';
import { trialLine } from '../../../src/lab/records/export.ts';
import { registries } from '../../../src/lab/trials/registries.ts';
import { expandPlan } from '../../../src/lab/trials/trials.ts';
import { compare } from '../../cli/compare.ts';
import { readJson } from '../../cli/json-file.ts';
import { mergeInto } from '../../cli/merge.ts';
import { checkRunFolder } from '../../cli/open-run.ts';
import { readReplay } from '../../cli/replay.ts';
import { report } from '../../cli/report.ts';
import { pathsIn } from '../../cli/run-folder.ts';
import type { Target } from './fuzz.ts';
import { damagedBytes, damagedJson } from './mutate.ts';
import { wholePlan } from './plans.ts';
import { wholeRecord } from './records.ts';

export function folders(): Target {
  const base = mkdtempSync(join(tmpdir(), 'glovebox-fuzz-'));
  const [good, bad, out] = ['good', 'bad', 'out'].map((name) => join(base, name)) as [string, string, string];
  for (const folder of [good, bad]) mkdirSync(folder);
  const plan = expandPlan(wholePlan, registries);
  const trials = plan.chunks.flatMap((chunk) => chunk.trials);
  const records = trials.map(({ key, seed, behavior }) => ({
    ...wholeRecord(key, seed),
    behaviorDetail: behavior,
  }));
  const device = { kind: 'wasm', description: '1 thread', threads: 1 } as const;
  const head = {
    plan: plan.resolved.plan,
    versions: { glovebox: '1' },
    device,
    startedAt: '2026-01-01T00:00:00.000Z',
  };
  const learned = {
    model: 'tinytown-chat',
    defense: 'steering',
    options: {},
    artifact: { layer: 1, vector: [0.5, 1] },
  };
  const artifacts = artifactFile([learned], '2026-01-01T00:00:00.000Z');
  const whole = {
    run: JSON.stringify(head),
    trials: records.map((record) => `${trialLine(record)}\n`).join(''),
    artifacts: JSON.stringify(artifacts),
  };
  const write = (folder: string, files: Readonly<Record<keyof typeof whole, string | Uint8Array>>) => {
    for (const name of ['run', 'trials', 'artifacts'] as const)
      writeFileSync(pathsIn(folder)[name], files[name]);
  };
  write(good, whole);

  const commands = [
    () => report(bad, { json: true }),
    () => report(bad, {}),
    () => compare(bad, good, {}),
    () => compare(good, bad, { json: true }),
    () => mergeInto([bad, good], out),
    () => checkRunFolder(plan, { out: bad, resume: true, device: 'wasm' }),
    () => readReplay(bad, { model: [], defense: ['self-reminder'], role: [] }),
    () => artifactInFile(readJson(pathsIn(bad).artifacts, 'file of artifacts'), 'steering', learned),
  ];
  return {
    async feed(random) {
      const file = random.pick(['run', 'trials', 'trials', 'artifacts'] as const);
      let content: string | Uint8Array;
      if (random.integer(5) === 0) content = damagedBytes(Buffer.from(whole[file]), random);
      else if (file === 'trials') {
        const n = random.integer(records.length);
        const line = damagedJson(records[n], random);
        content = records.map((record, i) => `${i === n ? line : trialLine(record)}\n`).join('');
      } else content = damagedJson(file === 'run' ? head : artifacts, random);
      write(bad, { ...whole, [file]: content });
      rmSync(out, { recursive: true, force: true });
      await silently(random.pick(commands));
    },
    close: () => rmSync(base, { recursive: true, force: true }),
  };
}

/** Without what a command prints. */
async function silently(work: () => unknown): Promise<void> {
  const { log, error } = console;
  console.log = console.error = () => undefined;
  try {
    await work();
  } finally {
    Object.assign(console, { log, error });
  }
}
