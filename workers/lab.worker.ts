/** @file The lab worker: wiring only. */
import { expose } from 'comlink';
import { describeDevice } from '../src/lab/worker/device.ts';
import { createLab } from '../src/lab/worker/host.ts';
import { holdLifeline } from '../src/lab/worker/lifeline.ts';
import { createHubModels } from '../src/lab/models/hub-models.ts';
import { createModelStore } from '../src/lab/models/model-store.ts';
import { openStore } from '../src/lab/store/open-store.ts';
import { cachedParts } from '../src/models/hub/parts.ts';
import { loadClassifier, loadModel } from '../src/models/load.ts';

const modelStore = createModelStore(() => new Date(), navigator.locks);
/** A worker's script is one folder below the site's root. */
const site = new URL('../', self.location.href).href;

expose(
  createLab({
    loadModel,
    loadClassifier,
    store: openStore(navigator),
    modelStore,
    hubModels: createHubModels({ store: modelStore, parts: cachedParts(caches, site), site }),
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
