import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { SealMessage } from '../../../src/lab/seal/messages.ts';
import { scriptFor } from '../../../src/lab/seal/page-client.ts';
import { setMirror } from '../../../src/lab/seal/page-mirror.ts';
import { mirrorWorkerFile, serviceWorkerFile } from '../../../src/lab/seal/policy.ts';

const site = 'https://site.example/lab/';
const mirror = 'https://mirror.example';

/** A page's service workers: what was stored and which script was registered, in this order. */
function page(inCharge: string, stored: string | null) {
  const events: string[] = [];
  const state = { mirror: stored, offline: false, mute: false };
  const scriptOf = (file: string) => ({
    scriptURL: site + file,
    state: 'installed',
    addEventListener: () => {},
    postMessage(message: SealMessage, ports: readonly MessagePort[] = []): void {
      if (message.type === 'activate' && !state.mute) {
        controller = scriptOf(file);
        changed();
      }
      if (message.type === 'mirror-set') {
        events.push(`stored ${message.address}`);
        state.mirror = message.address;
      }
      ports[0]?.postMessage(message.type === 'mirror' ? { address: state.mirror } : { ok: true });
    },
  });
  let changed = () => {};
  let controller = scriptOf(inCharge);
  const container = {
    get controller() {
      return controller;
    },
    addEventListener: (_type: string, act: () => void) => (changed = act),
    getRegistration: async () => ({ active: controller }),
    async register(url: URL) {
      if (state.offline) throw new TypeError('Failed to register.');
      const file = url.href.slice(site.length);
      events.push(`registered ${file}`);
      return { installing: null, waiting: scriptOf(file), active: controller };
    },
  };
  vi.stubGlobal('navigator', { serviceWorker: container });
  return { events, state };
}
beforeEach(() => vi.stubGlobal('document', { baseURI: site }));
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe('a mirror that is turned off', () => {
  test('is forgotten only when the script that allows any address has gone', async () => {
    const { events } = page(mirrorWorkerFile, mirror);
    await setMirror(null);
    expect(events).toEqual([`registered ${serviceWorkerFile}`, 'stored null']);
  });

  test('stays, with a reason, while the other script cannot be fetched', async () => {
    const { events, state } = page(mirrorWorkerFile, mirror);
    state.offline = true;
    await expect(setMirror(null)).rejects.toMatchObject({
      code: 'unreachable',
      advice: expect.stringContaining('Nothing was changed'),
    });
    expect([events, state.mirror]).toEqual([[], mirror]);
  });

  test('stays while the other script does not take over', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout'] });
    const { state } = page(mirrorWorkerFile, mirror);
    state.mute = true;
    const ended = expect(setMirror(null)).rejects.toMatchObject({ code: 'unreachable' });
    await vi.advanceTimersByTimeAsync(10_000);
    await ended;
    expect(state.mirror).toBe(mirror);
  });
});

describe('a mirror that is turned on', () => {
  test('is stored before the script that allows any address takes over', async () => {
    const { events } = page(serviceWorkerFile, null);
    await setMirror(mirror);
    expect(events).toEqual([`stored ${mirror}`, `registered ${mirrorWorkerFile}`]);
  });

  test('is forgotten again if that script cannot be fetched', async () => {
    const { state } = page(serviceWorkerFile, null);
    state.offline = true;
    await expect(setMirror(mirror)).rejects.toMatchObject({ code: 'unreachable' });
    expect(state.mirror).toBeNull();
  });
});

test('a page registers the script that the stored setting asks for, whichever is in charge', () => {
  expect(scriptFor({ address: mirror }, site + serviceWorkerFile)).toBe(mirrorWorkerFile);
  expect(scriptFor({ address: null }, site + mirrorWorkerFile)).toBe(serviceWorkerFile);
  expect(scriptFor(null, site + mirrorWorkerFile)).toBe(mirrorWorkerFile);
  expect(scriptFor(null, undefined)).toBe(serviceWorkerFile);
});
