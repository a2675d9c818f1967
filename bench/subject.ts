/** @file What is measured: something that does the same work again and again, and says how long it took. */

export interface Subject {
  /** Milliseconds of one round. */
  round(): Promise<number>;
  /** What it computes in, with how many threads, as the table says it. */
  readonly about: string;
  close(): Promise<void>;
}

/** How a subject is called from another process or thread. */
export type Measured = Pick<Subject, 'round' | 'about'>;
