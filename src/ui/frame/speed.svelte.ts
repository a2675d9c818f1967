/** @file The current speed in tokens per second. */
import { createContext } from 'svelte';

/** Tokens older than this no longer count. */
const windowMs = 2000;

export class Speed {
  /** `null` while nothing is being written. */
  tokensPerSecond = $state<number | null>(null);
  #arrivals: number[] = [];
  #quiet: ReturnType<typeof setTimeout> | undefined;
  readonly #now: () => number;

  /** @param now a clock in milliseconds */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** One token has arrived. */
  tick = (): void => {
    const now = this.#now();
    this.#arrivals = [...this.#arrivals.filter((at) => at > now - windowMs), now];
    const span = now - this.#arrivals[0]!;
    if (span > 0) this.tokensPerSecond = ((this.#arrivals.length - 1) / span) * 1000;
    clearTimeout(this.#quiet);
    this.#quiet = setTimeout(() => {
      this.#arrivals = [];
      this.tokensPerSecond = null;
    }, windowMs);
  };
}

export const [getSpeed, setSpeed] = createContext<Speed>();
