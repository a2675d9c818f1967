/** @file The lab worker: wiring only. */
import { expose } from 'comlink';
import { describeDevice } from '../src/lab/device.ts';
import { createLab } from '../src/lab/host.ts';
import { openStore } from '../src/lab/store.ts';
import { loadClassifier, loadModel } from '../src/models/load.ts';

expose(
  createLab({
    loadModel,
    loadClassifier,
    store: openStore(navigator.locks),
    device: describeDevice(self.name),
    warmsUp: true,
  }),
);
