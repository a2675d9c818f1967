/** @file The lab worker: wiring only. */
import { expose } from 'comlink';
import { describeDevice } from '../src/lab/worker/device.ts';
import { createLab } from '../src/lab/worker/host.ts';
import { holdLifeline } from '../src/lab/worker/lifeline.ts';
import { createModelStore } from '../src/lab/models/model-store.ts';
import { openStore } from '../src/lab/store/open-store.ts';
import { loadClassifier, loadModel } from '../src/models/load.ts';

expose(
  createLab({
    loadModel,
    loadClassifier,
    store: openStore(navigator),
    modelStore: createModelStore(() => new Date(), navigator.locks),
    lifeline: holdLifeline(navigator.locks),
    device: describeDevice(self.name),
    connectEndpoints:
      import.meta.env.MODE === 'connected'
        ? async (settings, send) =>
            (await import('../src/models/runtimes/endpoint/index.ts')).connectEndpoints(settings, send)
        : undefined,
    warmsUp: true,
  }),
);
