import { describe, expect, test } from 'vitest';
import { allowance, idleMs, isOpen, open, refusal, type Airlock } from '../../../src/lab/seal/airlock.ts';

const prefix = 'https://huggingface.co/org/name/resolve/main/';
const request = { model: 'org/name', prefixes: [prefix], bytes: 1_000_000 };
const opened = open(request, 0) as Airlock;
const get = (url: string) => ({ method: 'GET', url });

describe('opening', () => {
  test.each([
    ['http://huggingface.co/org/name/', 'plain https'],
    ['https://user:secret@huggingface.co/org/name/', 'plain https'],
    ['https://huggingface.co/org/name/?token=1', 'plain https'],
    ['not an address', 'plain https'],
    ['https://example.org/org/name/', 'not a model hub'],
    ['https://huggingface.co.example.org/org/name/', 'not a model hub'],
    ['https://nothuggingface.co/org/name/', 'not a model hub'],
    ['https://huggingface.co/', 'must name a folder'],
    ['https://huggingface.co/org/name', 'must name a folder'],
  ])('refuses %s', (address, reason) => {
    expect(open({ ...request, prefixes: [prefix, address] }, 0)).toContain(reason);
  });

  test('refuses when no address is named', () => {
    expect(open({ ...request, prefixes: [] }, 0)).toBe('No address was named.');
  });
});

describe('an open airlock', () => {
  test('lets in files below its folder', () => {
    expect(refusal(opened, get(`${prefix}onnx/model.onnx`), 0)).toBeNull();
  });

  test.each([
    `${prefix}../../../other/name/resolve/main/model.onnx`,
    `${prefix}%2e%2e/%2e%2e/%2e%2e/other/file`,
    'https://huggingface.co/org/name-2/resolve/main/config.json',
    'https://huggingface.co:8443/org/name/resolve/main/config.json',
    'http://huggingface.co/org/name/resolve/main/config.json',
    'https://cdn-lfs.hf.co/anything',
  ])('refuses %s', (url) => {
    expect(refusal(opened, get(new URL(url).href), 0)).toContain('open for org/name only');
  });

  test('refuses a query, which could carry text out', () => {
    expect(refusal(opened, get(`${prefix}config.json?q=secret`), 0)).toContain('query');
  });

  test.each(['POST', 'PUT', 'HEAD', 'OPTIONS'])('refuses %s', (method) => {
    expect(refusal(opened, { method, url: `${prefix}config.json` }, 0)).toContain('Only downloads');
  });

  test('refuses more once clearly more than agreed has arrived', () => {
    const full = { ...opened, receivedBytes: allowance(request.bytes) + 1 };
    expect(refusal(full, get(`${prefix}config.json`), 0)).toContain('More arrived');
    expect(refusal({ ...full, bytes: null }, get(`${prefix}config.json`), 0)).toBeNull();
  });

  test('closes itself when nobody uses it', () => {
    expect(isOpen(opened, idleMs - 1)).toBe(true);
    expect(refusal(opened, get(`${prefix}config.json`), idleMs)).toBe('The airlock is closed.');
  });
});

test('a closed airlock refuses everything', () => {
  expect(refusal(null, get(`${prefix}config.json`), 0)).toBe('The airlock is closed.');
});
