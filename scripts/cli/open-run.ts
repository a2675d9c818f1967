/**
 * @file Opens a folder to run a plan in it. Everything in the folder is checked before anything of it is changed; what is
 * there and whole stays as it is, byte for byte.
 */
import { existsSync, statSync } from 'node:fs';
import { excerpt } from '../../src/core/excerpt.ts';
import { plural } from '../../src/core/format.ts';
import { artifactFile, withArtifact, type RunArtifact } from '../../src/lab/plan/artifacts.ts';
import type { Plan } from '../../src/lab/plan/plan.ts';
import { digestOf } from '../../src/lab/records/digest.ts';
import type { DeviceInfo, DeviceKind, RunHead } from '../../src/lab/records/run.ts';
import type { RunSummary } from '../../src/lab/records/summary.ts';
import type { TrialRecord } from '../../src/lab/records/trial.ts';
import { versions } from '../../src/lab/records/versions.ts';
import { placerFor, type Placer } from '../../src/lab/trials/placement.ts';
import type { ExpandedPlan } from '../../src/lab/trials/trials.ts';
import { badUsage } from './failure.ts';
import {
  checkFolder,
  DamagedHead,
  inOrder,
  makeFolder,
  pathsIn,
  readHead,
  readTrials,
  tornLine,
  writeHead,
  readArtifacts,
  writeReport,
  writeTrialLines,
  type FolderTrials,
} from './run-folder.ts';
import { openTrials } from './trial-file.ts';
import { writeWhole } from './whole-file.ts';

/** A folder that was checked, and not changed. */
export interface CheckedFolder {
  readonly folder: string;
  readonly plan: Plan;
  readonly trialOf: Placer;
  readonly trials: FolderTrials;
  /** `null`: run.json is to be written, because there is none or it is damaged. */
  readonly head: RunHead | null;
  readonly artifacts: readonly RunArtifact[];
  /** What the user should know before the folder changes. */
  readonly notes: readonly string[];
}

export interface FolderChoices {
  readonly out: string;
  readonly resume?: true;
  readonly device: DeviceKind;
}

/**
 * Check that a plan can be run in a folder, or its run there be continued.
 * @throws CommandError or LabError that names the file, and the line of a trial
 */
export function checkRunFolder(
  { resolved: { plan }, chunks }: ExpandedPlan,
  { out: folder, resume, device }: FolderChoices,
): CheckedFolder {
  checkFolder(folder);
  const paths = pathsIn(folder);
  const trialOf = placerFor(chunks);
  const before = { folder, plan, trialOf };
  if (!resume) {
    if (existsSync(paths.trials) && statSync(paths.trials).size > 0)
      throw badUsage(
        `${excerpt(folder)} already holds a run.`,
        'Continue it with --resume, or name another folder.',
      );
    const trials = { byPlace: new Map(), end: { whole: 0, torn: 0, open: false } };
    return { ...before, trials, head: null, artifacts: [], notes: [] };
  }
  const [head, damage] = storedHead(folder);
  if (head) checkSameRun(paths.run, head, plan, device);
  const artifacts = readArtifacts(folder);
  const trials = readTrials(folder, trialOf);
  const finished = trials.byPlace.size;
  const notes = [
    ...(trials.end.torn > 0 ? [`Cutting off ${tornLine(folder, trials.end)}.`] : []),
    ...(finished > 0 && damage !== null
      ? [`${damage}\nIt is made again from the plan, as if this release had started the run.`]
      : []),
    ...(finished > 0 ? [`Continuing after ${plural(finished, 'finished trial')}.`] : []),
  ];
  return { ...before, trials, head, artifacts, notes };
}

/** What run.json says, or what is wrong with it. @throws CommandError when only another release can read it */
function storedHead(folder: string): readonly [RunHead, null] | readonly [null, string] {
  try {
    return [readHead(folder), null];
  } catch (error) {
    if (error instanceof DamagedHead) return [null, error.damage];
    throw error;
  }
}

/** @throws CommandError when the folder holds a run of another plan, on another device or with other engines */
function checkSameRun(path: string, head: RunHead, plan: Plan, device: DeviceKind): void {
  const name = excerpt(path);
  const content = ({ $schema: _, ...rest }: Plan) => JSON.stringify(rest);
  if (content(head.plan) !== content(plan))
    throw badUsage(`${name} belongs to another plan, seed or shard.`, 'Name another folder.');
  if (head.device.kind !== device)
    throw badUsage(`${name} ran on ${head.device.kind}; trials of two devices cannot be mixed.`);
  const changed = Object.keys({ ...head.versions, ...versions }).filter(
    (engine) => head.versions[engine] !== versions[engine],
  );
  if (changed.length === 0) return;
  const listed = changed.map(
    (engine) => `${engine} ${head.versions[engine] ?? 'none'} (here ${versions[engine] ?? 'none'})`,
  );
  throw badUsage(
    `${name} was made with ${excerpt(listed.join(', '), 400)}; trials of different versions cannot be mixed.`,
    `Continue it with Glovebox ${excerpt(head.versions['glovebox'] ?? 'of that version', 40)}, or run the plan in another folder.`,
  );
}

/** The folder of a run that goes on. Each method throws CommandError 1 when it cannot write. */
export interface OpenRun {
  /** Of the trials that are kept. */
  readonly places: readonly number[];
  /** Keep finished trials, one line of JSON each. */
  append(lines: readonly string[]): void;
  /** A trial that is kept, as a line of JSON. */
  trial(place: number): string | null;
  addArtifact(artifact: RunArtifact): void;
  /** Put the trials in the order of the plan and write the report. */
  finish(): RunSummary;
  close(): void;
}

/** @param device that runs the plan, for a folder without a whole run.json */
export function openRun(checked: CheckedFolder, device: DeviceInfo): OpenRun {
  const { folder, plan, trialOf, trials } = checked;
  const { byPlace } = trials;
  const paths = pathsIn(folder);
  makeFolder(folder);
  const head = checked.head ?? { plan, versions, device, startedAt: startOf(trials) };
  if (checked.head === null) writeHead(folder, head);
  const file = openTrials(paths.trials, trials.end);
  let artifacts = checked.artifacts;
  return {
    places: [...byPlace.keys()],
    append(lines) {
      for (const [i, span] of file.append(lines).entries()) {
        const record = JSON.parse(lines[i]!) as TrialRecord;
        byPlace.set(trialOf(record).place, { span, digest: digestOf(record) });
      }
    },
    trial(place) {
      const trial = byPlace.get(place);
      return trial ? file.read(trial.span) : null;
    },
    addArtifact(artifact) {
      artifacts = withArtifact(artifacts, artifact);
      const content = artifactFile(artifacts, new Date().toISOString());
      writeWhole(paths.artifacts, `${JSON.stringify(content)}\n`);
    },
    finish() {
      const ordered = inOrder(byPlace);
      const isOrdered = ordered.every(({ span }, i) => span.start >= (ordered[i - 1]?.span.end ?? 0));
      const size = ordered.reduce((sum, { span }) => sum + span.end - span.start + 1, 0);
      if (!isOrdered || size !== file.size())
        writeTrialLines(
          folder,
          ordered.map(({ span }) => ({ path: paths.trials, span })),
        );
      return writeReport(folder, { ...head, artifacts, digests: ordered.map(({ digest }) => digest) });
    },
    close: file.close,
  };
}

/** When the first trial started; now, if there is none. ISO 8601. */
const startOf = ({ byPlace }: FolderTrials): string => {
  const starts = [...byPlace.values()].map(({ digest }) => digest.times.startedAt);
  return starts.reduce((first, start) => (start < first ? start : first), new Date().toISOString());
};
