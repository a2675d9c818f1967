import { describe, expect, test } from 'vitest';
import {
  agreed,
  allowance,
  idleMs,
  isOpen,
  opened,
  orphans,
  refusal,
} from '../../../src/lab/seal/airlock.ts';
import type { HubList } from '../../../src/lab/seal/messages.ts';

const folder = 'hub/huggingface.co/org/name/main/';
const file = (path: string, bytes: number) => ({
  path,
  bytes,
  hash: { algorithm: 'git-blob' as const, hex: '0'.repeat(40) },
});
const list: HubList = {
  repository: { host: 'huggingface.co', repo: 'org/name', revision: 'main' },
  folder,
  commit: 'c0ffee',
  files: [file('config.json', 10), file('model.onnx', 1_000_000)],
};
const request = (paths: readonly string[]) => ({
  model: 'org/name',
  files: [{ folder, commit: 'c0ffee', paths }],
});

describe('opening', () => {
  test('keeps only the files that were agreed to', () => {
    expect(agreed(request(['config.json']), [list])).toEqual([{ ...list, files: [list.files[0]] }]);
  });
  test.each([
    ['a file that is not on the list', request(['config.json', 'secret.json']), [list], 'not on the list'],
    ['a repository that was not asked', request(['config.json']), [null], 'was not asked'],
    ['no file', request([]), [list], 'No file'],
    ['no folder', { model: 'm', files: [] }, [], 'No file'],
  ])('refuses %s', (_, asked, lists, reason) => {
    expect(agreed(asked, lists)).toContain(reason);
  });
});

test('a list that changed since it was shown is not opened for', () => {
  const changed = { ...list, commit: 'decade' };
  expect(agreed(request(['config.json']), [changed])).toContain('no longer the one that was shown');
});

test('a new list orphans files of the one before, but for those that any list still names', () => {
  const named = (hex: string) => ({ path: hex, bytes: 1, hash: { algorithm: 'sha-256' as const, hex } });
  const of = (at: string, ...hexes: string[]): HubList => ({ ...list, folder: at, files: hexes.map(named) });
  const before = [of('a/', 'kept', 'gone', 'shared'), of('b/', 'shared', 'other')];
  expect(orphans(before, [of('a/', 'kept', 'new')])).toEqual([named('gone')]);
  expect(orphans(before, [of('c/', 'new')])).toEqual([]);
});

describe('an open airlock', () => {
  const airlock = opened('org/name', [list], { page: 'page-1', token: 'opening-1' }, 0);
  test('lets files of its folders in', () => {
    expect(refusal(airlock, folder, 0)).toBeNull();
    expect(refusal(airlock, 'hub/huggingface.co/org/other/main/', 0)).toContain('for org/name only');
  });
  test('refuses more once clearly more than agreed has arrived', () => {
    const full = { ...airlock, receivedBytes: allowance(1_000_010) + 1 };
    expect(refusal(full, folder, 0)).toContain('More arrived');
  });
  test('closes itself when nobody uses it', () => {
    expect(isOpen(airlock, idleMs - 1)).toBe(true);
    expect(refusal(airlock, folder, idleMs)).toBe('The airlock is closed.');
  });
});

test('a closed airlock refuses everything', () => {
  expect(refusal(null, folder, 0)).toBe('The airlock is closed.');
});
