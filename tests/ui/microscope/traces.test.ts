import { expect, test } from 'vitest';
import {
  alternativesOf,
  handedBackAt,
  inSight,
  partAt,
  rankOf,
  tokensCsv,
} from '../../../src/ui/microscope/traces.ts';
import type { TokenOption, TokenTrace } from '../../../src/ui/types.ts';

const option = (id: number, share: number, text = `t${id}`): TokenOption => ({
  id,
  text,
  logProb: Math.log(share),
});
const plain = (id: number, text = `t${id}`): TokenTrace => ({
  id,
  text,
  logProb: Math.log(0.5),
  top: [option(id, 0.5, text), option(99, 0.25)],
  entropy: 1.25,
});
const steered = (id: number): TokenTrace => ({
  ...plain(id),
  policy: {
    id: 'safe-decoding',
    divergence: 0.75,
    base: [option(7, 0.9), option(id, 0.05)],
    companions: [[option(id, 0.8)]],
  },
});

test('a policy stops acting at the first token that it leaves unchanged', () => {
  expect(handedBackAt([steered(1), steered(2), plain(3)])).toBe(2);
  expect(handedBackAt([steered(1), plain(2), steered(3)])).toBeNull();
  expect(handedBackAt([plain(1)])).toBeNull();
  expect(handedBackAt([])).toBeNull();
});

test('answers diverge at the first token that differs, not where one is longer', () => {
  expect(partAt([plain(1), plain(2)], [plain(1), plain(3)])).toBe(1);
  expect(partAt([plain(1)], [plain(1), plain(2)])).toBeNull();
});

test('alternatives are the union of all lists, by merged likelihood, then by that of the base', () => {
  const all = alternativesOf(steered(1), 8);
  expect(all.map(({ id }) => id)).toEqual([1, 99, 7]);
  expect(all[0]).toMatchObject({ merged: Math.log(0.5), base: Math.log(0.05), companions: [Math.log(0.8)] });
  expect(all[2]).toMatchObject({ merged: null, base: Math.log(0.9), companions: [null] });
});

test('without a policy the base is what was sampled from', () => {
  const [first] = alternativesOf(plain(1), 8);
  expect(first).toMatchObject({ merged: Math.log(0.5), base: Math.log(0.5), companions: [] });
});

test('the token that was taken is shown however unlikely it was', () => {
  const top = Array.from({ length: 20 }, (_, i) => option(i, 0.5 / 2 ** i));
  const forced: TokenTrace = { id: 500, text: 'odd', logProb: -30, top };
  const shown = alternativesOf(forced, 4);
  expect(shown).toHaveLength(4);
  expect(shown.at(-1)).toMatchObject({ id: 500, text: 'odd', merged: -30 });
  expect(rankOf(forced)).toBeNull();
  expect(rankOf({ ...forced, id: 2 })).toBe(3);
});

test('the table has one row per token, with the numbers of both distributions and empty cells for unknown values', () => {
  const lines = tokensCsv([
    steered(1),
    plain(2, ' a,"b"\n'),
    { id: 3, text: '=1', logProb: 0, top: [] },
  ]).split('\r\n');
  expect(lines[0]).toMatch(
    /^\uFEFFposition,id,text,log_prob_nats,probability,entropy_nats,kl_from_base_nats/,
  );
  expect(lines[1]).toBe(
    `1,1,t1,${Math.log(0.5)},0.5,1.25,0.75,safe-decoding,${Math.log(0.05)},${Math.log(0.8)}`,
  );
  expect(lines[2]).toBe(`2,2," a,""b""\n",${Math.log(0.5)},0.5,1.25,,,,`);
  expect(lines[3]).toBe(`3,3,'=1,0,1,,,,,`);
});

test('only cells in sight and a few beside them are drawn, at both ends and of any answer', () => {
  const view = { width: 600, cellWidth: 60 };
  expect(inSight({ ...view, scrolled: 0 }, 512)).toEqual([0, 14]);
  expect(inSight({ ...view, scrolled: 6000 }, 512)).toEqual([96, 114]);
  expect(inSight({ ...view, scrolled: 512 * 60 - 600 }, 512)).toEqual([498, 512]);
  expect(inSight({ ...view, scrolled: 0 }, 3)).toEqual([0, 3]);
  for (let scrolled = 0; scrolled < 512 * 60; scrolled += 17) {
    const [from, to] = inSight({ ...view, scrolled }, 512);
    expect(to - from).toBeLessThanOrEqual(19);
  }
});
