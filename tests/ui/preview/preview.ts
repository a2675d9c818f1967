/** @file The pages on a fake lab, to look at: `npx vite`, then /tests/ui/preview/index.html. Never shipped. */
import { mount } from 'svelte';
import { parsePlan } from '../../../src/lab/plan/plan.ts';
import App from '../../../src/ui/App.svelte';
import '../../../src/ui/base.css';
import { createApp } from '../../../src/ui/app.ts';
import { fetchShipped } from '../../../src/ui/files.ts';
import '../../../src/ui/theme.css';
import { createFakeLab } from '../fake-lab.ts';

const app = createApp({
  lab: createFakeLab({ pauseMs: Number(new URLSearchParams(location.search).get('pause') ?? 12) }),
  window,
  readLedger: async () => ({
    sealed: true,
    stored: 216,
    total: 218,
    entries: [
      {
        address: '/assets/index.js',
        host: location.host,
        reason: 'app files',
        requests: 41,
        failures: 0,
        bytes: 24_300_000,
        at: '2026-01-01T10:00:00.000Z',
      },
      {
        address: '/index.html',
        host: location.host,
        reason: 'from this device',
        requests: 212,
        failures: 0,
        bytes: 0,
        at: '2026-01-02T10:00:00.000Z',
      },
    ],
  }),
  repairFiles: async () => ({ replaced: ['models/tinytown-chat/config.json'], added: [], failed: [] }),
  quickstart: () => fetchShipped('/plans/quickstart.json', parsePlan),
});
mount(App, { target: document.getElementById('app')!, props: { app } });
