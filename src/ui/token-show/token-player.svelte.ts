/** @file Shows the tokens of a finished answer one after another, at a pace that can be read. */

/** Calls `step` after so many milliseconds; the result takes that back. */
export type After = (ms: number, step: () => void) => () => void;

export const timer: After = (ms, step) => {
  const id = setTimeout(step, ms);
  return () => clearTimeout(id);
};

const pace = { token: 140, hold: 3200 } as const;

export interface PlayedTokens {
  /** Tokens in all. */
  readonly length: number;
  /** Index of the token after which the show waits for its reader; `null` for none. */
  readonly hold: number | null;
}

export class TokenPlayer {
  /** Tokens that are shown. */
  shown = $state(0);
  playing = $state(false);
  readonly #tokens: () => PlayedTokens;
  readonly #after: After;
  #cancel: () => void = () => {};

  constructor(tokens: () => PlayedTokens, after: After = timer) {
    [this.#tokens, this.#after] = [tokens, after];
  }

  get atEnd(): boolean {
    return this.shown >= this.#tokens().length;
  }

  /** Go on, or begin again after the last token. */
  play = (): void => {
    if (this.atEnd) this.shown = 0;
    this.pause();
    this.playing = true;
    this.#next();
  };
  replay = (): void => {
    this.shown = 0;
    this.play();
  };
  pause = (): void => {
    this.#cancel();
    this.playing = false;
  };
  /** One token, and wait. */
  step = (): void => {
    this.pause();
    if (!this.atEnd) this.shown++;
  };
  /** Everything at once. */
  finish = (): void => {
    this.pause();
    this.shown = this.#tokens().length;
  };

  #next(): void {
    const { hold } = this.#tokens();
    const waits = hold !== null && this.shown === hold + 1;
    this.#cancel = this.#after(waits ? pace.hold : pace.token, () => {
      if (!this.atEnd) this.shown++;
      if (this.atEnd) this.playing = false;
      else this.#next();
    });
  }
}
