/** @file The page's entry: builds the lab's client and the state around it, and shows the frame. */
import { mount } from 'svelte';
import { connection } from './core/connection.ts';
import { createLabClient } from './lab/worker/client.ts';
import { exposeToCommandLine, headless } from './lab/worker/command-line.ts';
import { parsePlan } from './lab/plan/plan.ts';
import { askSeal, startSeal } from './lab/seal/page-client.ts';
import { policyStands } from './lab/seal/page-start.ts';
import { watchWays } from './lab/seal/page-watch.ts';
import { repairFiles } from './lab/seal/page-repair.ts';
import App from './ui/App.svelte';
import './ui/base.css';
import { createApp } from './ui/app.ts';
import { fetchShipped } from './ui/files.ts';
import './ui/theme.css';

watchWays(window, ({ address, how }) => {
  // Without a service worker there is no ledger to write to.
  askSeal({ type: 'attempt', address, how }).catch(() => {});
});
const lab = createLabClient({ mayStart: policyStands });
if (headless()) exposeToCommandLine(lab);
else {
  const form = import.meta.env.MODE === 'connected' ? await import('./ui/servers/index.ts') : null;
  const app = createApp({
    lab,
    window,
    readLedger: async () => {
      const asked = Promise.all([askSeal({ type: 'ledger' }), askSeal({ type: 'status' })]);
      const answers = await asked.catch(() => null);
      return answers && { ...answers[1], ...answers[0] };
    },
    repairFiles,
    quickstart: () => fetchShipped('plans/quickstart.json', parsePlan),
    connected: form && { ...form, origins: connection?.origins ?? [] },
  });
  mount(App, { target: document.getElementById('app')!, props: { app } });
  // Until a service worker is in charge there is nothing to ask.
  navigator.serviceWorker?.addEventListener('controllerchange', () => void app.ledger.refresh());
  void startSeal({ onUpdate: (apply) => (app.update.apply = apply) });
}
