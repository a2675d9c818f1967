/** @file Part "fuzz": damaged plans, packs, links, folders, records and models, fed to what reads them. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { root } from '../build.ts';
import type { FuzzKind, FuzzResult } from './fuzz/fuzz.ts';
import type { FaultPart, Outcome } from './part.ts';

const titles: Readonly<Record<FuzzKind, string>> = {
  plans: 'damaged plans',
  packs: 'damaged template packs',
  links: 'damaged links',
  folders: 'damaged run folders',
  records: 'damaged records',
  models: 'damaged model files',
};
/** Each batch is a process of its own, so that one that dies is an outcome. */
const inputsPerBatch = 250;
const batchMs = 300_000;

/** @throws Error if the process dies or does not end */
async function batch(kind: FuzzKind, count: number, seed: string, first: number): Promise<FuzzResult> {
  const main = join(root, 'scripts/faults/fuzz/main.ts');
  const args = ['--import', 'tsx', main, kind, String(count), seed, String(first)];
  const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
  const timer = setTimeout(() => child.kill('SIGKILL'), batchMs);
  let [out, err] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
  const [code] = (await once(child, 'close')) as [number | null];
  clearTimeout(timer);
  if (code !== 0)
    throw new Error(`The process of ${kind} ${first} to ${first + count - 1} ended with ${code}: ${err}`);
  return JSON.parse(out.slice(out.indexOf('{'))) as FuzzResult;
}

/** One outcome for the inputs that held, and one for each that did not. */
function outcomesOf(kind: FuzzKind, { tried, raw, slow, large }: FuzzResult): readonly Outcome[] {
  const fault = titles[kind];
  const broken = [...raw, ...slow, ...large].map((note) => ({ fault, result: 'broken', note }) as const);
  const held = Math.max(0, tried - broken.length);
  return [...broken, ...(held > 0 ? [{ fault, result: 'held', times: held } as const] : [])];
}

export const fuzz: FaultPart = {
  id: 'fuzz',
  promise:
    'Whatever a file from outside holds, it is read or refused with a message that says what to do: no raw error, no ' +
    'input that takes longer than a second or more than 500 MB.',
  count: 10_000,
  unit: 'damaged inputs',
  async *run(random, count) {
    const kinds = Object.keys(titles) as FuzzKind[];
    const seed = String(random.integer(2 ** 31));
    for (const [i, kind] of kinds.entries()) {
      const own = Math.floor(count / kinds.length) + (i < count % kinds.length ? 1 : 0);
      for (let first = 0; first < own; first += inputsPerBatch) {
        const size = Math.min(inputsPerBatch, own - first);
        try {
          yield* outcomesOf(kind, await batch(kind, size, seed, first));
        } catch (error) {
          yield {
            fault: titles[kind],
            result: 'broken',
            times: size,
            note: (error as Error).message.slice(0, 300),
          };
        }
      }
    }
  },
};
