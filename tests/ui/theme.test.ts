import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { deepestUnderText, inkFlip, rampColors } from '../../src/ui/ramp.ts';

const css = readFileSync(new URL('../../src/ui/theme.css', import.meta.url), 'utf8');
type Rgb = readonly [number, number, number];
type Theme = Readonly<Record<string, Rgb>>;

const hex = (text: string): Rgb =>
  [1, 3, 5].map((at) => parseInt(text.slice(at, at + 2), 16)) as unknown as Rgb;

/** The colours of one theme, from the pairs in theme.css; high contrast overrides what it names. */
function themeOf(side: 'light' | 'dark', contrast: 'normal' | 'more' = 'normal'): Theme {
  const [base = '', more = ''] = css.split('@media (prefers-contrast: more)');
  const pairs = (text: string) =>
    [...text.matchAll(/--([\w-]+): light-dark\((#\w{6}), (#\w{6})\)/g)].map(
      ([, name, light, dark]) => [name!, hex(side === 'light' ? light! : dark!)] as const,
    );
  return Object.fromEntries([...pairs(base), ...(contrast === 'more' ? pairs(more) : [])]);
}

const linear = (channel: number) => {
  const c = channel / 255;
  return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
};
/** WCAG 2.2 relative luminance. */
const luminance = (rgb: Rgb) => {
  const [r, g, b] = rgb.map(linear) as unknown as Rgb;
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
function contrast(a: Rgb, b: Rgb): number {
  const [high, low] = [luminance(a), luminance(b)].sort((x, y) => y - x) as [number, number];
  return (high + 0.05) / (low + 0.05);
}

/** Mixing in Oklab, as `color-mix(in oklab, …)` does. @see https://bottosson.github.io/posts/oklab/ */
function mix(a: Rgb, b: Rgb, share: number): Rgb {
  const toLab = (rgb: Rgb): Rgb => {
    const [r, g, bl] = rgb.map(linear) as unknown as Rgb;
    const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * bl);
    const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * bl);
    const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * bl);
    return [
      0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
      1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
      0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
    ];
  };
  const [labA, labB] = [toLab(a), toLab(b)];
  const [L, A, B] = labA.map((value, i) => value * share + labB[i]! * (1 - share)) as unknown as Rgb;
  const l = (L + 0.3963377774 * A + 0.2158037573 * B) ** 3;
  const m = (L - 0.1055613458 * A - 0.0638541728 * B) ** 3;
  const s = (L - 0.0894841775 * A - 1.291485548 * B) ** 3;
  const channel = (value: number) => {
    const c = Math.min(1, Math.max(0, value));
    return 255 * (c <= 0.0031308 ? 12.92 * c : 1.055 * c ** (1 / 2.4) - 0.055);
  };
  return [
    channel(4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s),
    channel(-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s),
    channel(-0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s),
  ];
}

/** Background and ink of a rate, with the custom properties looked up in a theme. */
function cellColors(theme: Theme, rate: number): { background: Rgb; ink: Rgb } {
  const { background, ink } = rampColors(rate);
  const [, upper, share, lower] = /--(ramp-\d)\) (\d+)%, var\(--(ramp-\d)/.exec(background)!;
  const inkName = /--([\w-]+)/.exec(ink)![1]!;
  return { background: mix(theme[upper!]!, theme[lower!]!, Number(share) / 100), ink: theme[inkName]! };
}

const grounds = ['paper', 'surface', 'sunken'];
const texts = ['ink', 'ink-soft', 'ink-faint', 'attack', 'defense', 'evaluator', 'sealed', 'airlock'];
const hues = ['attack', 'defense', 'evaluator', 'sealed', 'airlock'];
const rates = Array.from({ length: 101 }, (_, i) => i / 100);

describe.each([
  ['light', 'normal'],
  ['dark', 'normal'],
  ['light', 'more'],
  ['dark', 'more'],
] as const)('%s theme, %s contrast', (side, level) => {
  const theme = themeOf(side, level);

  test.each(grounds)('every text colour reads on %s at 4.5:1', (ground) => {
    for (const text of texts)
      expect(contrast(theme[text]!, theme[ground]!), text).toBeGreaterThanOrEqual(4.5);
  });
  test.each(hues)('%s reads on its own tint at 4.5:1', (hue) => {
    expect(contrast(theme[hue]!, theme[`${hue}-tint`]!)).toBeGreaterThanOrEqual(4.5);
    expect(contrast(theme['ink']!, theme[`${hue}-tint`]!)).toBeGreaterThanOrEqual(4.5);
  });
  test('edges of controls and the focus ring stand out at 3:1', () => {
    for (const ground of grounds)
      for (const line of ['edge', 'focus'])
        expect(contrast(theme[line]!, theme[ground]!), line).toBeGreaterThanOrEqual(3);
  });
  test('the number in a cell reads at 4.5:1 at every rate', () => {
    for (const rate of rates) {
      const { background, ink } = cellColors(theme, rate);
      expect(contrast(background, ink), `rate ${rate}`).toBeGreaterThanOrEqual(4.5);
    }
  });
  test('a higher rate is always darker, or always lighter, so that the ramp survives grey print', () => {
    const steps = rates.map((rate) => luminance(cellColors(theme, rate).background));
    const ordered = steps.toSorted((a, b) => (side === 'light' ? b - a : a - b));
    steps.forEach((value, i) => expect(value).toBeCloseTo(ordered[i]!, 3));
  });
  test('text reads at 4.5:1 on every amount that it stands on', () => {
    const shade = mix(theme['heat-1']!, theme['heat-0']!, deepestUnderText);
    for (const ground of [theme['heat-0']!, shade])
      expect(contrast(theme['ink']!, ground)).toBeGreaterThanOrEqual(4.5);
  });
  test('tokens read at 4.5:1 on every shade', () => {
    for (const shade of ['token-1', 'token-2', 'token-3', 'token-4'])
      expect(contrast(theme['ink']!, theme[shade]!), shade).toBeGreaterThanOrEqual(4.5);
  });
});

test('the ink of a cell changes exactly once, at the flip', () => {
  const inks = rates.map((rate) => rampColors(rate).ink);
  expect(new Set(inks.filter((_, i) => rates[i]! < inkFlip)).size).toBe(1);
  expect(new Set(inks).size).toBe(2);
});

test('nothing but colours depends on the theme: only theme.css asks which one it is', () => {
  const ui = fileURLToPath(new URL('../../src/ui', import.meta.url));
  const asking = readdirSync(ui, { recursive: true, encoding: 'utf8' })
    .filter((path) => /\.(svelte|css|ts)$/.test(path))
    .filter((path) => /prefers-color-scheme|\[data-theme/.test(readFileSync(join(ui, path), 'utf8')));
  expect(asking).toEqual(['theme.css']);
  // Its rules for one theme set the scheme and no more.
  const rules = [...css.matchAll(/\[data-theme='\w+'\] \{([^}]*)\}/g)].map(([, body]) => body!.trim());
  expect(rules).toEqual(['color-scheme: light;', 'color-scheme: dark;']);
});
