/**
 * @file Failures as values. In browsers transformers.js queues every run, and every session creation, on one promise
 * chain each: one rejection would make all later ones reject with its error. So ours never reject; who asked throws.
 */
const failure = Symbol('failure');

/** `promise`, or an object that carries its failure. */
export const contained = <T>(promise: Promise<T>): Promise<T | object> =>
  promise.catch((error: unknown) => ({ [failure]: { error } }));

/** The failure that `contained` put into `value`, if any. */
export const failureIn = (value: object): { readonly error: unknown } | undefined =>
  (value as { readonly [failure]?: { readonly error: unknown } })[failure];
