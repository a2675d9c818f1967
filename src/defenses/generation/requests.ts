/** @file The options of the requests that a defense sends to the model it wraps. */
import { LabError } from '../../core/errors.ts';
import type { GenerateOptions } from '../../models/language-model.ts';

type OnToken = NonNullable<GenerateOptions['onToken']>;

/** For an answer that reaches nobody before the defense has seen it whole: it is not streamed either. */
export const unstreamed = ({ onToken: _withheld, ...options }: GenerateOptions): GenerateOptions => options;

/** The options of a request whose tokens wait for `release`: it lets through what waits and, for good, what follows. */
export function withheldStream(request: GenerateOptions) {
  const { onToken } = request;
  if (!onToken) return { options: request, release: () => {}, flush: () => {} };
  let waiting: Parameters<OnToken>[] = [];
  let released = false;
  /** Lets through what waits now, and nothing that follows. */
  const flush = () => {
    const ready = waiting;
    waiting = [];
    for (const token of ready) onToken(...token);
  };
  const held: OnToken = (...token) => {
    if (released) onToken(...token);
    else waiting.push(token);
  };
  const release = () => {
    released = true;
    flush();
  };
  return { options: { ...request, onToken: held }, release, flush };
}

/**
 * The options of copy number `index` of a request: a draft, which is neither streamed nor watched from outside, with a
 * random stream of its own.
 */
export function copyOf(options: GenerateOptions, index: number): GenerateOptions {
  const { watch: _, ...draft } = unstreamed(options);
  return { ...draft, seed: `${options.seed ?? '0'}/${index}` };
}

/** As `copyOf`, about the request itself: no words are put in the model's mouth, and no tokens recorded. */
export function questionOf(options: GenerateOptions, index: number): GenerateOptions {
  const { assistantPrefix: _, topTokens: _1, forced: _2, ...question } = copyOf(options, index);
  return question;
}

/** @throws LabError 'not-supported' if a request brings a decoding policy of its own */
export function refusePolicy(title: string, { policy }: GenerateOptions): void {
  if (policy === undefined) return;
  throw new LabError('not-supported', `${title} cannot share the decode loop with another policy.`, {
    advice: 'Keep one token-level defense in the stack.',
  });
}
