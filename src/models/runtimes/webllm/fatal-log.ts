/** @file Records `console.error`: the engine writes the reason of a fatal error there and nowhere else. */

export interface FatalLog {
  /** The latest lines, oldest first. */
  readonly lines: readonly string[];
  stop(): void;
}

const maxLines = 4;
const maxCharacters = 300;

/** Records what is written with `console.error`, and passes it on, until `stop`. */
export function listenForFatal(): FatalLog {
  const lines: string[] = [];
  const before = console.error;
  let listening = true;
  const listener = (...args: unknown[]) => {
    if (listening) {
      lines.push(args.map(String).join(' ').slice(0, maxCharacters));
      if (lines.length > maxLines) lines.shift();
    }
    before.apply(console, args);
  };
  console.error = listener;
  return {
    lines,
    stop() {
      listening = false;
      // Another load may have put its own listener on top; that one passes on to this one, which is harmless.
      if (console.error === listener) console.error = before;
    },
  };
}
