/**
 * @file Checks that every runtime makes before a run. WebGPU itself checks nothing and returns plausible garbage; a
 * failed run on WASM ends the worker.
 */
import { LabError } from '../../core/errors.ts';
import type { GenerateOptions } from '../contract/black-box.ts';
import type { ScoringRequest } from '../contract/grey-box.ts';

export interface Limits {
  readonly id: string;
  readonly vocabSize: number;
  readonly contextWindow: number;
}

export const contextOverflow = ({ id, contextWindow }: Omit<Limits, 'vocabSize'>, length: number): LabError =>
  new LabError(
    'context-overflow',
    `The prompt has ${length} tokens; ${id} can attend to ${contextWindow}, prompt and answer together.`,
    {
      advice:
        'Shorten the prompt, drop demonstrations or earlier turns, or pick a model with a longer context.',
    },
  );

export const cannotEdit = (id: string): LabError =>
  new LabError('not-supported', `${id} cannot be edited in the runtime that it was loaded with.`, {
    advice: 'Edits need a model with white-box access.',
  });

/** @throws LabError 'not-supported' if a request asks for an edit */
export function refuseEdit(id: string, { edit }: Pick<GenerateOptions, 'edit'>): void {
  if (edit !== undefined) throw cannotEdit(id);
}

/**
 * For black boxes. @param subject begins the message: the model, or what is in front of it
 * @throws LabError 'not-supported' if a request asks for more than text in, text out
 */
export function refuseBeyondText(subject: string, id: string, options: GenerateOptions): void {
  refuseEdit(id, options);
  const [asked] = (['policy', 'forced', 'pieces', 'assistantThought'] as const).filter(
    (name) => options[name] !== undefined,
  );
  const isControl = options.specialTokens !== undefined && options.specialTokens !== 'text';
  if (asked === undefined && !isControl) return;
  throw new LabError('not-supported', `${subject} takes text only.`, {
    advice: 'Pick a method that needs black-box access, or a model that runs in the lab.',
  });
}

/**
 * @throws LabError 'bad-input' if there are no tokens, or one is outside the vocabulary.
 * @throws LabError 'context-overflow' if there are more than the context window holds.
 */
export function checkSequence(limits: Limits, ids: readonly number[]): void {
  const advice = 'Encode text with the tokenizer of the model that reads it.';
  if (ids.length === 0) throw new LabError('bad-input', 'There are no tokens to read.', { advice });
  if (ids.length > limits.contextWindow) throw contextOverflow(limits, ids.length);
  const unknownId = ids.find((id) => !Number.isInteger(id) || id < 0 || id >= limits.vocabSize);
  if (unknownId !== undefined)
    throw new LabError(
      'bad-input',
      `Token id ${unknownId} is outside the ${limits.vocabSize} tokens of ${limits.id}.`,
      {
        advice,
      },
    );
}

/** Checks prompt and target of a request. @throws as `checkSequence` */
export function checkScoring(limits: Limits, { prompt, target }: ScoringRequest): void {
  checkSequence(limits, prompt);
  checkSequence(limits, target);
  if (prompt.length + target.length > limits.contextWindow)
    throw contextOverflow(limits, prompt.length + target.length);
}

/** Checks one token per row. @throws as `checkSequence`, RangeError if the counts differ */
export function checkStep(limits: Limits, lengths: readonly number[], tokens: readonly number[]): void {
  if (tokens.length !== lengths.length)
    throw new RangeError(`${tokens.length} tokens for ${lengths.length} rows.`);
  if (tokens.length > 0) checkSequence({ ...limits, contextWindow: Infinity }, tokens);
  for (const length of lengths) if (length >= limits.contextWindow) throw contextOverflow(limits, length + 1);
}
