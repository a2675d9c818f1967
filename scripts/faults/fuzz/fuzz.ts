/** @file Feeds damaged files to whatever reads files from outside, and notes every answer that no user should see. */
import { LabError } from '../../../src/core/errors.ts';
import type { Random } from '../../../src/core/random.ts';
import { CommandError } from '../../cli/failure.ts';
import { folders } from './folders.ts';
import { links } from './links.ts';
import { models } from './models.ts';
import { packs, plans } from './plans.ts';
import { records } from './records.ts';

/** One kind of input. */
export interface Target {
  /** Read a damaged input, as the lab would. Throws what the lab throws. */
  feed(random: Random): void | Promise<void>;
  /** Remove what feeding has left. */
  close?(): void;
}

const targets = { plans, packs, links, folders, records, models } as const;
export type FuzzKind = keyof typeof targets;
export const fuzzKinds = Object.keys(targets) as readonly FuzzKind[];

export interface FuzzResult {
  readonly tried: number;
  readonly accepted: number;
  readonly refusedCleanly: number;
  /** Which inputs, by number, gave an error without advice or with a message that is too long, and that message. */
  readonly raw: readonly string[];
  /** Which inputs took more than a second of the processor, which other work on the machine does not lengthen. */
  readonly slow: readonly string[];
  /** Which inputs left more than 500 MB in use. */
  readonly large: readonly string[];
}

const most = { messageCharacters: 2000, ms: 1000, bytes: 500e6 } as const;

/** @param random input n is drawn from its stream n, so that one can be tried again by itself */
export async function fuzz(kind: FuzzKind, count: number, random: Random, first = 0): Promise<FuzzResult> {
  const target = targets[kind]();
  const held = () => {
    const { heapUsed, external } = process.memoryUsage();
    return heapUsed + external;
  };
  const heldBefore = held(); // the process may have done other work
  const found = { raw: [] as string[], slow: [] as string[], large: [] as string[] };
  let [accepted, refusedCleanly] = [0, 0];
  try {
    for (let n = first; n < first + count; n++) {
      const start = process.cpuUsage();
      try {
        await target.feed(random.fork(n));
        accepted += 1;
      } catch (error) {
        const problem = problemOf(error);
        if (problem === null) refusedCleanly += 1;
        else found.raw.push(`${kind} ${n}: ${problem}`);
      }
      const { user, system } = process.cpuUsage(start);
      const ms = (user + system) / 1000;
      if (ms > most.ms) found.slow.push(`${kind} ${n}: ${Math.round(ms)} ms`);
      const bytes = held() - heldBefore;
      if (bytes > most.bytes) found.large.push(`${kind} ${n}: ${Math.round(bytes / 1e6)} MB`);
    }
  } finally {
    target.close?.();
  }
  return { tried: count, accepted, refusedCleanly, ...found };
}

/** What an engine says of a mistake in a program; no user can act on it. */
const engineWords =
  /cannot read propert|is not a function|is not iterable|is not defined|call stack|invalid (array|string) length|\[object/i;

/** Why an error is none that a user can act on; `null` when it is one. */
function problemOf(error: unknown): string | null {
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  if (!(error instanceof LabError || error instanceof CommandError))
    return `raw ${text.slice(0, 300)} ${error instanceof Error ? (error.stack ?? '').split('\n').slice(1, 4).join(' ') : ''}`;
  const shown = error instanceof LabError ? `${error.message}\n${error.advice}` : error.message;
  if (shown.length > most.messageCharacters) return `a message of ${shown.length} characters`;
  if (engineWords.test(shown.replace(/"[^"]*"/g, ''))) return `engine's words: ${shown.slice(0, 300)}`;
  return null;
}
