/**
 * @file Logits after any token sequence, from an engine that holds one sequence and has no lock. Calls go through one
 * queue, the engine's cache is reused, and ids and context length, which the engine does not check, are checked here.
 */
import { LabError } from '../../../core/errors.ts';
import type { Abortable } from '../../language-model.ts';
import type { Engine, Recorder } from './engine.ts';
import { explain, isFatal, type Phase } from './errors.ts';
import type { Rollback } from './rollback.ts';

export interface ReadOptions extends Abortable {
  /** Prefill from the first token, so that the result cannot depend on what was computed before. */
  readonly fresh?: boolean;
}

/** Logits after `ids`, shape [V]; the caller owns the array. */
export type Read = (ids: readonly number[], options?: ReadOptions) => Promise<Float32Array>;

export interface Sequence {
  /** @throws LabError as `exclusive` does for these ids, before anything is computed. */
  check(ids: readonly number[]): void;
  /**
   * Run `work` with exclusive use of the engine.
   * @throws LabError 'bad-input' for no ids or an id outside the vocabulary, 'context-overflow' past the window,
   *   'device-lost' once the GPU or the runtime is gone.
   * @throws the signal's reason, between two forwards.
   */
  exclusive<T>(work: (read: Read) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

export interface SequenceParts {
  readonly engine: Engine;
  readonly recorder: Recorder;
  readonly modelId: string;
  /** Ids below this are accepted. */
  readonly vocabSize: number;
  readonly contextWindow: number;
  /** `null`: a sequence that does not continue the cached one is prefilled again. */
  readonly rollback: Rollback | null;
  /** What a failure means depends on it: while loading, most often that something does not fit. */
  readonly phase: Phase;
}

export function createSequence(parts: SequenceParts): Sequence {
  const { engine, recorder, modelId, rollback } = parts;
  /** Ids in the engine's cache; `null` when a failed call left that unknown. */
  let cached: readonly number[] | null = null;
  let fatalError: LabError | null = null;
  let last: Promise<unknown> = Promise.resolve();

  const forward = async (ids: readonly number[], fresh: boolean) => {
    const previous = cached;
    cached = null;
    let reused = fresh || previous === null ? 0 : Math.min(sharedPrefix(previous, ids), ids.length - 1);
    const surplus = (previous?.length ?? 0) - reused;
    if (reused > 0 && surplus > 0) {
      if (rollback) rollback(surplus);
      else reused = 0;
    }
    if (reused === 0) await engine.resetChat(false, modelId);
    const added = ids.slice(reused);
    await engine.forwardTokensAndSample(added, added.length > 1, modelId);
    const logits = recorder.take();
    if (logits === null) throw new Error(`web-llm computed no logits for ${modelId}.`);
    cached = [...ids];
    return logits;
  };

  const read: Read = async (ids, { fresh = false, signal } = {}) => {
    signal?.throwIfAborted();
    if (fatalError) throw fatalError;
    checkIds(ids, parts);
    try {
      return await forward(ids, fresh);
    } catch (error) {
      const explained = explain(error, { modelId, phase: parts.phase });
      if (isFatal(explained)) fatalError = explained;
      throw explained;
    }
  };

  const enqueue = <T>(work: () => Promise<T>): Promise<T> => {
    const result = last.then(work);
    last = result.catch(() => undefined);
    return result;
  };
  return {
    check: (ids) => checkIds(ids, parts),
    exclusive: (work) => enqueue(() => work(read)),
    close: () =>
      enqueue(async () => {
        if (!fatalError) await engine.unload();
        fatalError ??= new LabError('device-lost', `${modelId} was unloaded.`, {
          advice: 'Load the model again.',
        });
      }),
  };
}

function sharedPrefix(a: readonly number[], b: readonly number[]): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) if (a[i] !== b[i]) return i;
  return length;
}

/** The engine silently accepts an id outside the vocabulary, and crashes on an empty list. */
function checkIds(ids: readonly number[], { modelId, vocabSize, contextWindow }: SequenceParts): void {
  const advice = 'Use token ids that the tokenizer of this model gave.';
  if (ids.length === 0) throw new LabError('bad-input', 'There are no tokens to compute.', { advice });
  const unknownId = ids.find((id) => !Number.isInteger(id) || id < 0 || id >= vocabSize);
  if (unknownId !== undefined)
    throw new LabError('bad-input', `${unknownId} is not a token id of ${modelId} (0 to ${vocabSize - 1}).`, {
      advice,
    });
  if (ids.length > contextWindow)
    throw new LabError(
      'context-overflow',
      `${ids.length} tokens do not fit: ${modelId} can attend to ${contextWindow}.`,
      {
        advice: 'Shorten the prompt or the answer, or pick a model with a longer context.',
      },
    );
}
