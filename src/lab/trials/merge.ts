/** @file Joins runs of one plan into one run: its shards, or parts finished on several devices of one kind. */
import { LabError } from '../../core/errors.ts';
import type { Plan } from '../plan/plan.ts';
import { trialLine } from '../records/export.ts';
import type { DeviceInfo, RunHead } from '../records/run.ts';
import { keyText, type TrialKey, type TrialRecord } from '../records/trial.ts';
import { placeRecords } from './placement.ts';
import type { Registries } from './registries.ts';
import { expandPlan } from './trials.ts';

/** A run with all its records. */
export interface WholeRun extends RunHead {
  readonly records: readonly TrialRecord[];
}

export interface NamedRun extends WholeRun {
  /** How messages name it. */
  readonly name: string;
}

export interface MergedRun extends WholeRun {
  /** Trials of the plan that no part has, in the order of the plan. */
  readonly missing: readonly TrialKey[];
}

/**
 * All trials of `parts` in the order of the whole plan. A trial in several parts must be the same in each, except for its times.
 * @param parts at least one
 * @throws LabError 'bad-input' for parts that do not belong together; it names them and the difference
 */
export function mergeRuns(parts: readonly NamedRun[], registries: Registries): MergedRun {
  const [first, ...others] = parts;
  if (first === undefined) throw mismatch('There is nothing to join.');
  for (const part of others) checkTogether(first, part);

  const plan = wholeOf(first.plan);
  const { chunks } = expandPlan(plan, registries);
  const entries = new Map<number, { readonly record: TrialRecord; readonly from: string }>();
  for (const { name: from, records } of parts)
    for (const { place, record } of placeRecords(records, chunks)) {
      const before = entries.get(place);
      if (before && content(before.record) !== content(record))
        throw mismatch(
          `${before.from} and ${from} disagree on ${record.model} × ${record.defense} × ${record.attack} × ${record.behavior}.`,
        );
      if (!before) entries.set(place, { record, from });
    }
  const merged = [...entries].sort(([a], [b]) => a - b).map(([, { record }]) => record);
  const keys = new Set(merged.map(keyText));
  return {
    plan,
    versions: first.versions,
    device: joined(parts.map(({ device }) => device)),
    startedAt: parts.map(({ startedAt }) => startedAt).toSorted()[0]!,
    records: merged,
    missing: chunks
      .flatMap(({ trials }) => trials.map(({ key }) => key))
      .filter((key) => !keys.has(keyText(key))),
  };
}

const wholeOf = ({ $schema: _, shard: _shard, ...plan }: Plan): Plan => plan;

/** Everything but times. */
const content = (record: TrialRecord): string =>
  trialLine({ ...record, times: { startedAt: '', attackMs: 0, answerMs: 0, scoreMs: 0 } });

function checkTogether(first: NamedRun, part: NamedRun): void {
  const names = `${first.name} and ${part.name}`;
  if (JSON.stringify(wholeOf(first.plan)) !== JSON.stringify(wholeOf(part.plan)))
    throw mismatch(`${names} are of different plans or seeds.`, 'Join shards of one plan only.');
  if (first.device.kind !== part.device.kind)
    throw mismatch(`${names} ran on ${first.device.kind} and ${part.device.kind}; their trials do not mix.`);
  const packages = Object.keys({ ...first.versions, ...part.versions });
  const changed = packages.find((name) => first.versions[name] !== part.versions[name]);
  if (changed !== undefined) {
    const [before, after] = [first, part].map(({ versions }) => versions[changed] ?? 'none');
    throw mismatch(`${names} were made with ${changed} ${before} and ${after}.`, 'Run one of them again.');
  }
}

/** Several machines of one kind, each described once. */
function joined(devices: readonly DeviceInfo[]): DeviceInfo {
  const descriptions = new Set(devices.map(({ description }) => description));
  return {
    kind: devices[0]!.kind,
    description: [...descriptions].join('; '),
    threads: Math.max(...devices.map(({ threads }) => threads)),
  };
}

const mismatch = (message: string, advice = 'Name other folders.') =>
  new LabError('bad-input', message, { advice });
