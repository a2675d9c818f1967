/** @file The lab worker, and its helpers, which run the same script under another name: wiring only. */
import { expose } from 'comlink';
import { describeDevice } from '../src/lab/worker/device.ts';
import { createHelperLab, helperIn, helperName } from '../src/lab/worker/helper-worker.ts';
import { createLab } from '../src/lab/worker/host.ts';
import { holdLifeline } from '../src/lab/worker/lifeline.ts';
import { createHubModels } from '../src/lab/models/hub-models.ts';
import { createModelStore } from '../src/lab/models/model-store.ts';
import { createSetDatabase } from '../src/lab/sets/set-database.ts';
import { createSetStore } from '../src/lab/sets/set-store.ts';
import { openStore } from '../src/lab/store/open-store.ts';
import { browserFolders } from '../src/lab/training/browser-folder.ts';
import { registries } from '../src/lab/trials/registries.ts';
import { cachedParts } from '../src/models/hub/parts.ts';
import { loadClassifier, loadModel } from '../src/models/load.ts';

const modelStore = createModelStore(() => new Date(), navigator.locks);
const setStore = createSetStore(
  createSetDatabase(),
  () => new Date(),
  registries.sets.all.map(({ id }) => id),
);
/** A worker's script is one folder below the site's root. */
const site = new URL('../', self.location.href).href;

const common = {
  loadModel,
  loadClassifier,
  modelStore,
  setStore,
  lifeline: holdLifeline(navigator.locks),
  device: describeDevice(self.name),
  warmsUp: true,
};
const startHelper = () => helperIn(new Worker(self.location.href, { type: 'module', name: helperName }));
const { deviceMemory } = navigator as { readonly deviceMemory?: number };

const lab = () =>
  createLab({
    ...common,
    startHelper,
    cores: navigator.hardwareConcurrency,
    memoryBytes: deviceMemory === undefined ? null : deviceMemory * 1e9,
    store: openStore(navigator),
    trainingFolders: browserFolders,
    hubModels: createHubModels({ store: modelStore, parts: cachedParts(caches, site), site }),
    connectEndpoints:
      import.meta.env.MODE === 'connected'
        ? async (settings, send) =>
            (await import('../src/models/runtimes/endpoint/index.ts')).connectEndpoints(settings, send)
        : undefined,
  });

expose(self.name === helperName ? createHelperLab(common) : lab());
