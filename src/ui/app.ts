/** @file The state around the lab, built once by `createApp`; `provideApp` gives each part a context of its own. */
import type { Plan } from '../lab/plan/plan.ts';
import type { LabClient } from '../lab/worker/lab-client.ts';
import { AppFiles, setAppFiles, type RepairFiles } from './about/app-files.svelte.ts';
import { StoredSets, setStoredSets } from './behaviors/stored-sets.svelte.ts';
import { download, fetchShipped } from './files.ts';
import { setDemo } from './home/demo.ts';
import { Airlock, setAirlock } from './models/airlock.svelte.ts';
import { storageOf } from './state/browser-storage.ts';
import { Covers, setCovers } from './state/covers.svelte.ts';
import type { OnFrame } from './state/frames.ts';
import { Device, setDevice, type DeviceSources } from './models/device.svelte.ts';
import { HubDownload, setHubDownload } from './models/hub-download.svelte.ts';
import { Fits, setFits } from './models/fits.svelte.ts';
import { ModelShelf, setModelShelf } from './models/model-shelf.svelte.ts';
import { Ledger, setLedger, type ReadLedger } from './state/ledger.svelte.ts';
import { MatrixView, setMatrixView } from './matrix/matrix-view.svelte.ts';
import { Microscope, setMicroscope } from './microscope/microscope.svelte.ts';
import { ModelLoads, setModelLoads } from './state/model-loads.svelte.ts';
import { keptTurns } from './playground/kept-turns.ts';
import { Playground, setPlayground } from './playground/playground.svelte.ts';
import {
  Preference,
  setLanguage,
  setShortcuts,
  setTheme,
  type ThemeName,
} from './frame/preference.svelte.ts';
import { language, languageKey, type Language } from './language/language.ts';
import { LessonProgress, setLessonProgress } from './lessons/lesson-progress.svelte.ts';
import { Presenter, setPresenter } from './frame/presenter.svelte.ts';
import { Published, setPublished } from './methods/published.svelte.ts';
import { OpenedFiles, setOpenedFiles, type LaunchQueue } from './links/opened-files.svelte.ts';
import { Router, setRouter } from './links/router.svelte.ts';
import { RunList, setRunList } from './matrix/run-list.svelte.ts';
import { RunSession, setRun } from './state/run-session.svelte.ts';
import { Speed, setSpeed } from './frame/speed.svelte.ts';
import { StoredModels, setStoredModels } from './models/stored-models.svelte.ts';
import { setServerPanel, type ServerPanel } from './state/server-panel.ts';
import type { Servers } from './servers/servers.svelte.ts';
import { PromptList, setPromptList } from './studio/prompt-list.svelte.ts';
import { DeviceStorage, setDeviceStorage } from './storage/device-storage.svelte.ts';
import { StudioRun, setStudioRun } from './studio/studio-run.svelte.ts';
import { StudioSetup, setStudioSetup } from './studio/studio-setup.svelte.ts';
import { Update, setUpdate } from './frame/update.svelte.ts';
import { PageStates, setPageStates } from './state/page-state.svelte.ts';
import { LabInfo, setLab, setLabInfo } from './state/lab-info.svelte.ts';

export interface AppParts {
  readonly lab: LabClient;
  readonly window: Window;
  readonly readLedger: ReadLedger;
  readonly repairFiles: RepairFiles;
  /** Fetches the plan behind the big button. @throws when the file cannot be had */
  readonly quickstart: () => Promise<Plan>;
  /** The form for servers. Default: this build is sealed, and has none. */
  readonly connected?: {
    readonly Panel: ServerPanel['Panel'];
    readonly Servers: new (...parts: ConstructorParameters<typeof Servers>) => Servers;
    readonly origins: readonly string[];
  } | null;
}

export function createApp({ lab, window, readLedger, repairFiles, quickstart, connected = null }: AppParts) {
  const storage = storageOf(window, 'localStorage');
  const missingFiles = async () => {
    const report = await readLedger();
    return report ? report.total - report.stored : 0;
  };
  const labInfo = new LabInfo(lab, quickstart, storage, missingFiles);
  const speed = new Speed(() => performance.now());
  const modelLoads = new ModelLoads(lab, lab.computing);
  const kept = new DeviceStorage(window.navigator.storage);
  // The user's first trial of this visit has started: there is something to keep.
  const onloaded = (models: readonly string[]) => {
    modelLoads.note(models);
    void kept.keep();
  };
  const storedModels = new StoredModels(window.caches, window.document.baseURI);
  const device = new Device(window.navigator as DeviceSources);
  const shelf = new ModelShelf(lab, labInfo.refreshCatalogue);
  const onstored = async () => {
    await Promise.all([shelf.refresh(), labInfo.refreshCatalogue(), kept.keep()]);
    await kept.look();
  };
  const onset = async (set?: string) => {
    if (set !== undefined) labInfo.forgetBehaviors(set);
    await labInfo.refreshCatalogue();
  };
  const storedSets = new StoredSets(lab, onset);
  const onsetstored = async () => {
    await Promise.all([storedSets.refresh(), onset(), kept.keep()]);
  };
  const router = new Router(window);
  const run = new RunSession(lab, onloaded);
  const demoRun = new RunSession(lab, modelLoads.note);
  const ledger = new Ledger(readLedger, window.location.host);
  const hubDownload = new HubDownload(lab, onstored);
  const page = { origins: connected?.origins ?? [], own: window.location.origin };
  const onframe: OnFrame = (show) => void window.requestAnimationFrame(show);
  const newMicroscope = () =>
    new Microscope(lab, labInfo, { load: modelLoads.load, onframe, ontoken: speed.tick });
  return {
    lab,
    labInfo,
    run,
    runs: new RunList(lab),
    matrix: new MatrixView(run, labInfo),
    router,
    openedFiles: new OpenedFiles(router, (window as { launchQueue?: LaunchQueue }).launchQueue),
    demo: { scope: newMicroscope(), run: demoRun, matrix: new MatrixView(demoRun, labInfo) },
    modelLoads,
    ledger,
    appFiles: new AppFiles(repairFiles),
    hubDownload,
    airlock: new Airlock({
      modelLoads,
      downloads: hubDownload,
      ledger,
      device: () => labInfo.device?.kind ?? 'wasm',
    }),
    storedModels,
    shelf,
    storedSets,
    kept,
    device,
    fits: new Fits(labInfo, device, storedModels),
    speed,
    playground: new Playground(
      lab,
      labInfo,
      { load: modelLoads.load, ontoken: speed.tick },
      keptTurns(storageOf(window, 'sessionStorage')),
    ),
    studio: {
      setup: new StudioSetup(labInfo),
      prompts: new PromptList(lab, download),
      run: new StudioRun(lab, {
        load: modelLoads.load,
        now: () => performance.now(),
        onframe,
      }),
    },
    pageStates: new PageStates({ lab, labInfo, run, onstored, onsetstored }),
    microscope: newMicroscope(),
    serverPanel: connected && {
      Panel: connected.Panel,
      servers: new connected.Servers({ lab, labInfo, modelLoads, page }),
    },
    published: new Published(fetchShipped),
    covers: new Covers(() => labInfo.catalogue),
    update: new Update(),
    lessonProgress: new LessonProgress(storage),
    presenter: new Presenter(),
    // Without a stored choice, the browser's languages have decided.
    language: new Preference<Language>(languageKey, language === 'de' ? ['de', 'en'] : ['en', 'de'], storage),
    theme: new Preference<ThemeName>('glovebox-theme', ['system', 'light', 'dark'], storage),
    shortcuts: new Preference<'on' | 'off'>('glovebox-shortcuts', ['on', 'off'], storage),
  };
}

export type App = ReturnType<typeof createApp>;

/** To be called while the frame is set up: contexts are open only then. */
export function provideApp(app: App): void {
  setLab(app.lab);
  setLabInfo(app.labInfo);
  setRun(app.run);
  setRunList(app.runs);
  setMatrixView(app.matrix);
  setRouter(app.router);
  setOpenedFiles(app.openedFiles);
  setDemo(app.demo);
  setModelLoads(app.modelLoads);
  setLedger(app.ledger);
  setAppFiles(app.appFiles);
  setAirlock(app.airlock);
  setHubDownload(app.hubDownload);
  setStoredModels(app.storedModels);
  setModelShelf(app.shelf);
  setStoredSets(app.storedSets);
  setDeviceStorage(app.kept);
  setDevice(app.device);
  setFits(app.fits);
  setSpeed(app.speed);
  setPlayground(app.playground);
  setPageStates(app.pageStates);
  setMicroscope(app.microscope);
  setServerPanel(app.serverPanel);
  setPublished(app.published);
  setCovers(app.covers);
  setUpdate(app.update);
  setLessonProgress(app.lessonProgress);
  setPresenter(app.presenter);
  setTheme(app.theme);
  setLanguage(app.language);
  setShortcuts(app.shortcuts);
  setStudioSetup(app.studio.setup);
  setStudioRun(app.studio.run);
  setPromptList(app.studio.prompts);
}
