/** @file Decode sessions: rows that advance in step, in one batch if the graph allows it. */
import { LabError } from '../../../core/errors.ts';
import { checkSequence, checkStep, type Limits } from '../../decoding/checks.ts';
import { turn } from '../../decoding/join.ts';
import type { Abortable, DecodeSession } from '../../language-model.ts';
import { gatherRows, release, type Engine, type KeyValues, type Output } from './engine.ts';

export interface Host {
  readonly engine: Engine;
  readonly limits: Limits;
  /** True if a row's result does not depend on other rows and padding; some exported graphs get this wrong. */
  readonly mayBatch: boolean;
  /** Tokens to read in one run: a few tenths of a second, so that a stop request takes effect between runs. */
  readonly tokensPerRun: number;
}

/** Prefill `prompts` and decode them in step. @throws as the contract's `open` */
export async function openSession(
  host: Host,
  prompts: readonly (readonly number[])[],
  options: Abortable = {},
): Promise<DecodeSession> {
  for (const prompt of prompts) checkSequence(host.limits, prompt);
  if (prompts.length === 1 || (host.mayBatch && prompts.length > 0))
    return BatchSession.open(host, prompts, options);
  const rows: DecodeSession[] = [];
  for (const prompt of prompts) rows.push(await BatchSession.open(host, [prompt], options));
  return new RowSessions(rows);
}

/**
 * Read tokens after `past`, a few columns at a time; between runs the event loop gets a turn.
 * @param rows token ids of each row, of equal length after `pads[row]` columns of padding at its left
 * @param keep how many of the last positions must have logits; all of them are in the last run
 * @param cached columns in `past`, none of them padding
 * @returns the last run; the caches of the runs before are released
 */
export async function prefill(
  { engine, tokensPerRun }: Pick<Host, 'engine' | 'tokensPerRun'>,
  rows: readonly (readonly number[])[],
  {
    keep,
    past = null,
    cached = 0,
    signal,
  }: Abortable & { keep: number; past?: KeyValues | null; cached?: number },
): Promise<Output> {
  const length = Math.max(...rows.map((row) => row.length));
  const pads = rows.map((row) => length - row.length);
  const ids = rows.map((row, r) => [...new Array<number>(pads[r]!).fill(0), ...row]);
  const mask = pads.map((pad) => [
    ...new Array<number>(cached).fill(1),
    ...new Array<number>(pad).fill(0),
    ...new Array<number>(length - pad).fill(1),
  ]);
  const step = Math.max(keep, 8, Math.floor(tokensPerRun / rows.length));
  let before = past;
  try {
    for (let start = 0; ;) {
      signal?.throwIfAborted();
      // The last run holds at least `keep` columns.
      const end = length - start <= step ? length : Math.min(start + step, length - keep);
      const output = await engine.forward({
        ids: ids.map((row) => row.slice(start, end)),
        mask: mask.map((row) => row.slice(0, cached + end)),
        past: before,
        keep: end === length ? keep : 1,
      });
      if (before !== past) release(before);
      if (end === length) return output;
      before = output.past;
      start = end;
      await turn();
    }
  } catch (reason) {
    if (before !== past) release(before);
    throw reason;
  }
}

/** All rows in one batch; shorter prompts have padding at their left, which stays in the cache. */
class BatchSession implements DecodeSession {
  readonly #host: Host;
  #lengths: number[];
  #pads: number[];
  #output: Output | null;
  /** Row of the last output, by row of the contract. */
  #rows: number[];

  private constructor(host: Host, prompts: readonly (readonly number[])[], output: Output) {
    const longest = Math.max(...prompts.map(({ length }) => length));
    this.#host = host;
    this.#lengths = prompts.map(({ length }) => length);
    this.#pads = this.#lengths.map((length) => longest - length);
    this.#output = output;
    this.#rows = [...prompts.keys()];
  }

  static async open(host: Host, prompts: readonly (readonly number[])[], options: Abortable) {
    const output = await prefill(host, prompts, { keep: 1, signal: options.signal });
    return new BatchSession(host, prompts, output);
  }

  get rows(): number {
    return this.#rows.length;
  }

  logits(row: number): Float32Array {
    return this.#current().logits(this.#rows[row]!, 0);
  }

  async advance(tokens: readonly number[]): Promise<void> {
    checkStep(this.#host.limits, this.#lengths, tokens);
    if (this.#rows.length === 0) return;
    const past = await this.#settledPast();
    const output = await this.#host.engine.forward({
      ids: tokens.map((id) => [id]),
      mask: this.#lengths.map((length, row) => [
        ...new Array<number>(this.#pads[row]!).fill(0),
        ...new Array<number>(length + 1).fill(1),
      ]),
      past,
      keep: 1,
    });
    release(past);
    this.#output = output;
    this.#lengths = this.#lengths.map((length) => length + 1);
    this.#rows = [...tokens.keys()];
  }

  async keep(rows: readonly number[]): Promise<void> {
    this.#current();
    this.#rows = rows.map((row) => this.#rows[row]!);
    this.#lengths = rows.map((row) => this.#lengths[row]!);
    this.#pads = rows.map((row) => this.#pads[row]!);
  }

  async close(): Promise<void> {
    release(this.#output?.past ?? null);
    this.#output = null;
    this.#rows = [];
    this.#lengths = [];
  }

  #current(): Output {
    if (!this.#output) throw new Error('This decode session is closed.');
    return this.#output;
  }

  /** The cache of exactly the open rows; `keep` defers dropping the others to the next step. */
  async #settledPast(): Promise<KeyValues> {
    const { past } = this.#current();
    const [first] = past.values();
    const unchanged = this.#rows.length === first?.dims[0] && this.#rows.every((row, place) => row === place);
    if (unchanged) return past;
    const gathered = await gatherRows(past, this.#rows);
    release(past);
    return gathered;
  }
}

/** One session per row, for graphs that cannot batch. */
class RowSessions implements DecodeSession {
  #sessions: readonly DecodeSession[];

  constructor(sessions: readonly DecodeSession[]) {
    this.#sessions = sessions;
  }

  get rows(): number {
    return this.#sessions.length;
  }

  logits(row: number): Float32Array {
    return this.#sessions[row]!.logits(0);
  }

  async advance(tokens: readonly number[]): Promise<void> {
    if (tokens.length !== this.rows) throw new RangeError(`${tokens.length} tokens for ${this.rows} rows.`);
    for (const [row, session] of this.#sessions.entries()) await session.advance([tokens[row]!]);
  }

  async keep(rows: readonly number[]): Promise<void> {
    if (new Set(rows).size < rows.length)
      throw new LabError('not-supported', 'This model cannot continue one row twice.', {
        advice: 'Open a session with the prompt once for each row.',
      });
    for (const [row, session] of this.#sessions.entries()) if (!rows.includes(row)) await session.close();
    this.#sessions = rows.map((row) => this.#sessions[row]!);
  }

  async close(): Promise<void> {
    for (const session of this.#sessions) await session.close();
    this.#sessions = [];
  }
}
