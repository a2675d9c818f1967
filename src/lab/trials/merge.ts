/** @file Joins runs of one plan into one run: its shards, or parts finished on several devices of one kind. */
import { LabError } from '../../core/errors.ts';
import { excerpt } from '../../core/excerpt.ts';
import type { Plan } from '../plan/plan.ts';
import { digestOf, type TrialDigest } from '../records/digest.ts';
import { trialLine } from '../records/export.ts';
import type { DeviceInfo, RunHead } from '../records/run.ts';
import type { TrialKey, TrialRecord } from '../records/trial.ts';
import { placerFor, type Placer } from './placement.ts';
import type { Registries } from './registries.ts';
import { expandPlan } from './trials.ts';

/** A run to join. `L` says where one of its trials is kept: a run may be larger than memory. */
export interface MergePart<L> extends RunHead {
  /** How messages name it. */
  readonly name: string;
  /** Call `take` with each of its trials, in any order. @param trialOf finds its place in the whole plan */
  readonly eachTrial: (trialOf: Placer, take: (trial: PartTrial<L>) => void) => void;
  /** Read a trial again. */
  readonly read: (location: L) => TrialRecord;
}

export interface PartTrial<L> {
  readonly place: number;
  readonly record: TrialRecord;
  readonly location: L;
}

export interface MergedTrial<L> {
  readonly digest: TrialDigest;
  /** Index of the part that holds it. */
  readonly part: number;
  readonly location: L;
}

export interface MergedRun<L> extends RunHead {
  /** In the order of the plan. */
  readonly trials: readonly MergedTrial<L>[];
  /** Trials of the plan that no part has, in the order of the plan. */
  readonly missing: readonly TrialKey[];
}

/**
 * All trials of `parts` in the order of the whole plan. A trial in several parts must be the same in each, except for its times.
 * @param parts at least one
 * @throws LabError 'bad-input' for parts that do not belong together; it names them and the difference
 */
export function mergeRuns<L>(parts: readonly MergePart<L>[], registries: Registries): MergedRun<L> {
  const [first, ...others] = parts;
  if (first === undefined) throw mismatch('There is nothing to join.');
  for (const part of others) checkTogether(first, part);

  const plan = wholeOf(first.plan);
  const { chunks, total } = expandPlan(plan, registries);
  const trialOf = placerFor(chunks);
  const found = new Array<MergedTrial<L> | undefined>(total).fill(undefined);
  for (const [index, part] of parts.entries())
    part.eachTrial(trialOf, ({ place, record, location }) => {
      const before = found[place];
      if (before === undefined) found[place] = { digest: digestOf(record), part: index, location };
      else checkSame(record, parts[before.part]!, before.location, part);
    });
  return {
    plan,
    versions: first.versions,
    device: joined(parts.map(({ device }) => device)),
    startedAt: parts.map(({ startedAt }) => startedAt).toSorted()[0]!,
    trials: found.filter((trial) => trial !== undefined),
    missing: chunks
      .flatMap(({ trials }) => trials)
      .filter(({ place }) => found[place] === undefined)
      .toSorted((a, b) => a.place - b.place)
      .map(({ key }) => key),
  };
}

function checkSame<L>(record: TrialRecord, before: MergePart<L>, location: L, part: MergePart<L>): void {
  if (content(before.read(location)) === content(record)) return;
  const { model, defense, attack, behavior } = record;
  throw mismatch(
    `${before.name} and ${part.name} disagree on ${excerpt(`${model} × ${defense} × ${attack} × ${behavior}`)}.`,
  );
}

const wholeOf = ({ $schema: _, shard: _shard, ...plan }: Plan): Plan => plan;

/** Everything but times. */
const content = (record: TrialRecord): string =>
  trialLine({ ...record, times: { startedAt: '', attackMs: 0, answerMs: 0, scoreMs: 0 } });

interface NamedHead extends RunHead {
  readonly name: string;
}

function checkTogether(first: NamedHead, part: NamedHead): void {
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
