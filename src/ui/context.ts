/** @file What every page shares: the lab and the state around it. Built once by `createApp`, handed down by context. */
import { createContext } from 'svelte';
import type { Plan } from '../lab/plan/plan.ts';
import type { LabClient } from '../lab/worker/client.ts';
import { fetchShipped } from './fetch-shipped.ts';
import { Airlock } from './models/airlock.svelte.ts';
import { Covers } from './state/covers.svelte.ts';
import type { OnFrame } from './state/frames.ts';
import { Device, type FactSources } from './models/device-facts.svelte.ts';
import { Ledger, type ReadLedger } from './state/ledger.svelte.ts';
import { MatrixView } from './matrix/matrix-view.svelte.ts';
import { Microscope } from './microscope/microscope.svelte.ts';
import { ModelShelf } from './state/model-loads.svelte.ts';
import { Playground } from './playground/playground.svelte.ts';
import { Preference } from './frame/preference.svelte.ts';
import { Published } from './methods/published.svelte.ts';
import { Router } from './links/router.svelte.ts';
import { RunList } from './matrix/run-list.svelte.ts';
import { RunSession } from './state/run-session.svelte.ts';
import { Speed } from './frame/speed.svelte.ts';
import { Stock } from './models/stored-models.svelte.ts';
import { StudioRun } from './studio/studio-run.svelte.ts';
import { StudioSetup } from './studio/studio-setup.svelte.ts';
import { TrialView } from './trial/trial-view.svelte.ts';
import { Update } from './frame/update.svelte.ts';
import { Workbench } from './state/lab-info.svelte.ts';

export interface AppParts {
  readonly lab: LabClient;
  readonly window: Window;
  readonly readLedger: ReadLedger;
  /** Fetches the plan behind the big button. @throws when the file cannot be had */
  readonly quickstart: () => Promise<Plan>;
}

export type ThemeName = 'system' | 'light' | 'dark';

function storageOf(window: Window): Storage | null {
  try {
    return window.localStorage;
  } catch {
    return null;
  }
}

export function createApp({ lab, window, readLedger, quickstart }: AppParts) {
  const workbench = new Workbench(lab, quickstart);
  const speed = new Speed(() => performance.now());
  const shelf = new ModelShelf(lab);
  const run = new RunSession(lab, shelf.note);
  const demo = new RunSession(lab, shelf.note);
  const ledger = new Ledger(readLedger, window.location.host);
  const storage = storageOf(window);
  const onframe: OnFrame = (show) => void window.requestAnimationFrame(show);
  return {
    lab,
    workbench,
    run,
    runs: new RunList(lab),
    trial: new TrialView(lab),
    matrix: new MatrixView(run, workbench),
    router: new Router(window),
    /** The small run of the first page, and how it is shown. */
    demo,
    demoMatrix: new MatrixView(demo, workbench),
    shelf,
    ledger,
    airlock: new Airlock(shelf, ledger),
    stock: new Stock(window.caches, window.document.baseURI),
    device: new Device(window.navigator as FactSources),
    speed,
    playground: new Playground(lab, workbench, { load: shelf.load, ontoken: speed.tick }),
    studio: {
      setup: new StudioSetup(workbench),
      run: new StudioRun(lab, {
        load: shelf.load,
        now: () => performance.now(),
        onframe,
      }),
    },
    microscope: new Microscope(lab, workbench, { load: shelf.load, onframe, ontoken: speed.tick }),
    published: new Published(fetchShipped),
    covers: new Covers(),
    update: new Update(),
    theme: new Preference<ThemeName>('glovebox-theme', ['system', 'light', 'dark'], storage),
    shortcuts: new Preference<'on' | 'off'>('glovebox-shortcuts', ['on', 'off'], storage),
  };
}

export type App = ReturnType<typeof createApp>;
export const [getApp, setApp] = createContext<App>();
