import { expect, test } from 'vitest';
import { TokenPlayer } from '../../../src/ui/token-show/token-player.svelte.ts';

function setUp(length: number, hold: number | null) {
  let waiting: { ms: number; step: () => void } | null = null;
  const player = new TokenPlayer(
    () => ({ length, hold }),
    (ms, step) => {
      waiting = { ms, step };
      return () => void (waiting = null);
    },
  );
  /** Lets the time pass that the player waits for. */
  const pass = () => {
    const due = waiting;
    waiting = null;
    due?.step();
    return due?.ms ?? null;
  };
  return { player, pass };
}

test('tokens come one by one to the end, with time to read where the answers part', () => {
  const { player, pass } = setUp(4, 1);
  player.play();
  const waits = [pass(), pass(), pass(), pass()];
  expect([player.shown, player.playing, pass()]).toEqual([4, false, null]);
  expect(waits[2]).toBeGreaterThan(waits[0]! * 5);
  expect(new Set([waits[0], waits[1], waits[3]]).size).toBe(1);
});

test('a pause stops at once, a step shows one token, and play goes on from there', () => {
  const { player, pass } = setUp(5, null);
  player.play();
  pass();
  player.pause();
  expect(pass()).toBeNull();
  player.step();
  expect([player.shown, player.playing]).toEqual([2, false]);
  player.play();
  pass();
  expect(player.shown).toBe(3);
});

test('playing after the end begins again, and nothing goes past the end', () => {
  const { player, pass } = setUp(2, null);
  player.finish();
  player.step();
  expect([player.shown, player.atEnd]).toEqual([2, true]);
  player.play();
  expect(player.shown).toBe(0);
  pass();
  expect(player.shown).toBe(1);
});
