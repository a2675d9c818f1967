/** @file Tokens that are held back until a defense has made up its mind. */
import type { GenerateOptions } from '../../models/language-model.ts';

type OnToken = NonNullable<GenerateOptions['onToken']>;

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
