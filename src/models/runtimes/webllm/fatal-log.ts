/** @file The reason of a fatal error in the engine reaches the console and nothing else, so we listen there. */

export interface FatalLog {
  /** The latest lines, oldest first. */
  readonly lines: readonly string[];
  stop(): void;
}

const keptLines = 4;
const keptCharacters = 300;

/** Notes what is written with `console.error`, and passes it on, until `stop`. */
export function listenForFatal(): FatalLog {
  const lines: string[] = [];
  const before = console.error;
  let listening = true;
  const listener = (...args: unknown[]) => {
    if (listening) {
      lines.push(args.map(String).join(' ').slice(0, keptCharacters));
      if (lines.length > keptLines) lines.shift();
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
