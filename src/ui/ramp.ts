/** @file Where a rate sits on the attack-success ramp of theme.css. */

/** The ramp has a stop at every quarter; at this rate the ink on it changes. */
export const inkFlip = 0.75;

/** CSS colours for a rate in [0, 1]. */
export function rampColors(rate: number): { readonly background: string; readonly ink: string } {
  const position = Math.min(1, Math.max(0, rate)) * 4;
  const stop = Math.min(3, Math.floor(position));
  const share = Math.round((position - stop) * 100);
  return {
    background: `color-mix(in oklab, var(--ramp-${stop + 1}) ${share}%, var(--ramp-${stop}))`,
    ink: rate >= inkFlip ? 'var(--ramp-deep-ink)' : 'var(--ramp-pale-ink)',
  };
}

/** Shade of a token, 0 (expected) to 4 (surprising), from its log-prob in nats. */
export function tokenShade(logProb: number): 0 | 1 | 2 | 3 | 4 {
  const share = Math.exp(logProb);
  if (share >= 0.9) return 0;
  if (share >= 0.6) return 1;
  if (share >= 0.3) return 2;
  return share >= 0.1 ? 3 : 4;
}

/** Ink is readable on amounts up to this. */
export const deepestUnderText = 0.4;

/** CSS colour of an amount in [0, 1]; those beyond have the colour of the nearest end. */
export const heatColor = (amount: number): string =>
  `color-mix(in oklab, var(--heat-1) ${Math.round(Math.min(1, Math.max(0, amount)) * 100)}%, var(--heat-0))`;
