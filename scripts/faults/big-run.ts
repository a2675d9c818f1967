/**
 * @file Writes the folder of a run of any size within a minute, to test what reads such folders: real trials of a small
 * run, repeated under the ids of other behaviors. `npx tsx scripts/faults/big-run.ts <folder> [trials]`.
 */
import { spawnSync } from 'node:child_process';
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Behavior } from '../../src/core/behavior.ts';
import { parsePlan, type Plan, type PlanInput } from '../../src/lab/plan/plan.ts';
import { trialLine } from '../../src/lab/records/export.ts';
import type { TrialRecord } from '../../src/lab/records/trial.ts';
import { registries } from '../../src/lab/trials/registries.ts';
import { expandPlan, type Trial } from '../../src/lab/trials/trials.ts';
import { root } from '../build.ts';

/** One trial in four of each attack behind each stack; one in five asks a harmless look-alike. */
const plan = (behaviors: PlanInput['behaviors']): PlanInput => ({
  version: 1,
  name: 'Big run',
  models: { targets: ['tinytown-chat'] },
  behaviors,
  attacks: [{ id: 'direct-request' }, { id: 'assistant-prefix' }],
  defenses: [{ stack: [{ id: 'self-reminder' }] }],
  evaluators: [{ id: 'tinytown-oracle' }, { id: 'pattern-refusal' }],
  record: { topTokens: 3 },
});
const sample = plan([{ set: 'tinytown', kinds: ['harmful', 'benign-lookalike'], limit: 16 }]);

/** Run the sample of a big run, in a headless browser; it takes some seconds. @returns its folder */
export function runSample(folder: string): string {
  mkdirSync(folder, { recursive: true });
  const planPath = join(folder, 'plan.json');
  writeFileSync(planPath, JSON.stringify(sample));
  const args = ['scripts/lab.mjs', 'run', planPath, '--out', join(folder, 'run')];
  const { status } = spawnSync(process.execPath, args, {
    cwd: root,
    stdio: ['ignore', 2, 2],
  });
  if (status !== 0) throw new Error('The sample of the big run failed; the reason is above.');
  return join(folder, 'run');
}

/**
 * The plan of a run of `trials` trials, whose behaviors are those of the sample under numbered ids.
 * @param trials a multiple of 10
 */
export function bigPlan(trials: number): Plan {
  const { behaviors } = expandPlan(sample, registries).resolved;
  const numbered = (kind: Behavior['kind'], count: number): Behavior[] => {
    const own = behaviors.filter((behavior) => behavior.kind === kind);
    return Array.from({ length: count }, (_, i) => {
      const behavior = own[i % own.length]!;
      return { ...behavior, id: `${behavior.id}-${i}`, prompt: `${behavior.prompt} (${i})` };
    });
  };
  return parsePlan(
    plan([{ behaviors: [...numbered('harmful', trials / 5), ...numbered('benign-lookalike', trials / 10)] }]),
  );
}

/**
 * Write run.json and trials.jsonl of a big run.
 * @param sampleFolder as `runSample` returns it
 * @param left trials to leave out at the end, as if the run had been stopped
 */
export function writeBigRun(sampleFolder: string, folder: string, trials: number, left = 0): void {
  const cellOf = (attack: string, defense: string, kind: Behavior['kind']) =>
    JSON.stringify([attack, defense, kind]);
  const samples = new Map<string, TrialRecord[]>();
  for (const line of readFileSync(join(sampleFolder, 'trials.jsonl'), 'utf8').trimEnd().split('\n')) {
    const record = JSON.parse(line) as TrialRecord;
    const cell = cellOf(record.attack, record.defense, record.behaviorDetail.kind);
    samples.set(cell, [...(samples.get(cell) ?? []), record]);
  }
  const lineOf = ({ key, behavior, seed }: Trial, i: number) => {
    const own = samples.get(cellOf(key.attack, key.defense, behavior.kind))!;
    const record = own[i % own.length]!;
    const messages = record.attackResult.messages.map((message) =>
      message.role === 'user' ? { ...message, content: behavior.prompt } : message,
    );
    const attackResult = { ...record.attackResult, messages };
    return trialLine({ ...record, ...key, behaviorDetail: behavior, attackResult, seed });
  };

  const whole = bigPlan(trials);
  const { chunks } = expandPlan(whole, registries);
  mkdirSync(folder, { recursive: true });
  const head = JSON.parse(readFileSync(join(sampleFolder, 'run.json'), 'utf8')) as object;
  writeFileSync(join(folder, 'run.json'), `${JSON.stringify({ ...head, plan: whole }, null, 2)}\n`);
  const file = openSync(join(folder, 'trials.jsonl'), 'w');
  let written = 0;
  for (const chunk of chunks) {
    const own = chunk.trials.slice(0, Math.max(0, trials - left - written));
    writeSync(file, own.map((trial, i) => `${lineOf(trial, written + i)}\n`).join(''));
    written += own.length;
  }
  closeSync(file);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const [folder = '', trials = '100000'] = process.argv.slice(2);
  const temporary = mkdtempSync(join(tmpdir(), 'glovebox-sample-'));
  try {
    writeBigRun(runSample(temporary), folder, Number(trials));
  } finally {
    rmSync(temporary, { recursive: true });
  }
}
