/** @file Compares the lab with its peers, pair by pair: each pair in a fresh page, in alternating rounds. */
import type { Browser, Page } from 'playwright-core';
import { comparedSpeeds, comparedTimes, short, type Line } from './comparison.ts';
import { peakBytes } from './memory.ts';
import { parameters, type BenchModel } from './parameters.ts';
import { openPeer, PeerMissing } from './python.ts';
import { alone, compare } from './rounds.ts';
import type { Measured } from './subject.ts';
import type { SubjectName } from './subjects.worker.ts';

export interface Site {
  readonly browser: Browser;
  /** Of the built bench page. */
  readonly url: string;
  readonly device: 'wasm' | 'webgpu';
  readonly rounds: number;
  /** Folders with config.json and weights, on this machine; a model without one is left out. */
  readonly folders: ReadonlyMap<BenchModel, string>;
  /** Addresses of GGUF files, and what their weights are stored in. */
  readonly ggufs: ReadonlyMap<BenchModel, { readonly url: string; readonly stored: string }>;
  /** Called as each comparison ends. */
  onLine(line: Line): void;
}

const gcgWork = (model: BenchModel) =>
  `GCG step, ${parameters.gcg.candidates[model]} candidates, ${parameters.gcg.suffixLength} tokens`;
const shapeOf = ({ shape }: { readonly shape: readonly [number, number] }) => shape.join(' × ');

/** A comparison that cannot be made, or that fails, is a line that says why. */
export async function againstPeers(site: Site, models: readonly BenchModel[]): Promise<Line[]> {
  const lines: Line[] = [];
  const add = async (model: BenchModel, work: (site: Site, model: BenchModel) => Promise<Line>) => {
    const line = await work(site, model).catch((error: unknown) => failed(work.name, model, error));
    lines.push(line);
    site.onLine(line);
  };
  for (const model of models) {
    if (!site.folders.has(model)) {
      await add(model, notFetched);
      continue;
    }
    await add(model, decodeOverBare);
    await add(model, decodeOverLibrary);
    if (site.device === 'wasm') await add(model, decodeOverLlamaCpp);
    if (model === 'tinytown-chat') await add(model, chunkOverOne);
    await add(model, gcgOverPython);
    await add(model, model === 'smollm2' ? adaptersOverPython : trainingOverPython);
    await add(model, loadOver);
    if (model === 'smollm2' && site.device === 'wasm') await add(model, memoryOfGcg);
  }
  return lines;
}

const notFetched = async (_site: Site, model: BenchModel): Promise<Line> => ({
  ...{ what: 'everything', model, peer: '–', missing: `\`npm run models:get -- ${model}\` fetches it.` },
});

/** @param what name of the comparison's function, for who looks for it */
function failed(what: string, model: BenchModel, error: unknown): Line {
  const reason = error instanceof Error ? error.message.split('\n')[0] : String(error);
  process.exitCode = 1;
  return { what, model, peer: '–', missing: `It failed: ${reason}` };
}

/** @param work gets a page of its own */
async function withPage<T>({ browser, url }: Site, work: (page: Page) => Promise<T>): Promise<T> {
  // llama.cpp's build starts its worker from a blob, which the lab's own policy forbids.
  const page = await browser.newPage({ bypassCSP: true });
  try {
    await page.goto(url);
    await page.waitForFunction(() => globalThis.subjects !== undefined);
    return await work(page);
  } finally {
    await page.close();
  }
}

async function openIn(page: Page, site: Site, name: SubjectName, model: BenchModel): Promise<Measured> {
  const about = await page.evaluate(
    ([subject, of, device]) => globalThis.subjects!(device).open(subject, of, device),
    [name, model, site.device] as const,
  );
  const round = () =>
    page.evaluate(([subject, device]) => globalThis.subjects!(device).round(subject), [
      name,
      site.device,
    ] as const);
  return { about, round };
}

const peerNames = {
  bareDecode: 'bare ONNX Runtime loop',
  libraryDecode: 'transformers.js generate',
} as const;
const decodeWork = `decode, one stream, ${parameters.decode.newTokens} tokens`;

const decodeOverBare = (site: Site, model: BenchModel) => decodeOver(site, model, 'bareDecode');
const decodeOverLibrary = (site: Site, model: BenchModel) => decodeOver(site, model, 'libraryDecode');

const decodeOver = (site: Site, model: BenchModel, peer: keyof typeof peerNames): Promise<Line> =>
  withPage(site, async (page) => {
    const ours = await openIn(page, site, 'labDecode', model);
    const theirs = await openIn(page, site, peer, model);
    const compared = await compare(ours, theirs, site.rounds, Math.ceil(site.rounds / 2));
    return comparedSpeeds({ what: decodeWork, model, peer: peerNames[peer] }, compared, `both ${ours.about}`);
  });

async function decodeOverLlamaCpp(site: Site, model: BenchModel): Promise<Line> {
  const named = { what: decodeWork, model, peer: 'llama.cpp WASM (wllama)' };
  const gguf = site.ggufs.get(model);
  if (!gguf) return { ...named, missing: `\`npm run models:get -- ${model}\` fetches its GGUF file.` };
  return withPage(site, async (page) => {
    const ours = await openIn(page, site, 'labDecode', model);
    const threads = Number(/(\d+) thread/.exec(ours.about)?.[1] ?? 1);
    const about = await page.evaluate(
      async ([url, count, of, device]) =>
        globalThis.llamaCpp!(url, count, await globalThis.subjects!(device).prompt(of)),
      [gguf.url, threads, model, site.device] as const,
    );
    const theirs: Measured = { about, round: () => page.evaluate(() => globalThis.llamaCppSubject!.round()) };
    const compared = await compare(ours, theirs, site.rounds, Math.ceil(site.rounds / 2));
    return comparedSpeeds(named, compared, `${ours.about}; theirs ${gguf.stored}, ${about}`);
  });
}

const chunkOverOne = (site: Site, model: BenchModel): Promise<Line> =>
  withPage(site, async (page) => {
    const { trials, chunkTokensPerSecond, bareTokensPerSecond, chunkOverBare } = await page.evaluate(
      ([of, device, rounds]) => globalThis.subjects!(device).chunk(of, device, rounds),
      [model, site.device, Math.ceil(site.rounds / 2)] as const,
    );
    return {
      ...{ what: `chunk of ${trials} trials, all streams`, model, peer: 'one bare stream' },
      ours: `${short(chunkTokensPerSecond)} tokens/s`,
      theirs: `${short(bareTokensPerSecond)} tokens/s`,
      ...{ ratio: chunkOverBare, of: 'speed', about: 'both float32', rounds: Math.ceil(site.rounds / 2) },
    };
  });

const pythonWork = {
  gcgSteps: {
    file: 'gcg',
    peer: 'nanoGCG on PyTorch',
    what: gcgWork,
    asked: (model: BenchModel) => ({
      prompt: parameters.gcg.behavior.prompt,
      target: parameters.gcg.behavior.target,
      suffix: Array(parameters.gcg.suffixLength).fill('!').join(' '),
      topK: parameters.gcg.topK,
      candidates: parameters.gcg.candidates[model],
    }),
  },
  trainingSteps: {
    file: 'train',
    peer: 'PyTorch',
    what: () => `training step, all weights, ${shapeOf(parameters.training)}`,
    asked: () => parameters.training,
  },
  adapterSteps: {
    file: 'lora',
    peer: 'PyTorch',
    what: () => `LoRA step, rank ${parameters.adapters.rank}, ${shapeOf(parameters.adapters)}`,
    asked: () => parameters.adapters,
  },
} as const;

const gcgOverPython = (site: Site, model: BenchModel) => overPython(site, model, 'gcgSteps');
const trainingOverPython = (site: Site, model: BenchModel) => overPython(site, model, 'trainingSteps');
const adaptersOverPython = (site: Site, model: BenchModel) => overPython(site, model, 'adapterSteps');

async function overPython(site: Site, model: BenchModel, name: keyof typeof pythonWork): Promise<Line> {
  const { file, peer, what, asked } = pythonWork[name];
  const named = { what: what(model), model, peer };
  const rounds = stepRounds(site);
  return withPage(site, async (page): Promise<Line> => {
    const ours = await openIn(page, site, name, model);
    try {
      const folder = site.folders.get(model)!;
      const theirs = await openPeer(file, { ...asked(model), folder, threads: parameters.threads });
      try {
        const compared = await compare(ours, theirs, rounds);
        const about = `${ours.about}; theirs ${theirs.about}, ${parameters.threads} threads`;
        return comparedTimes(named, compared, about);
      } finally {
        await theirs.close();
      }
    } catch (error) {
      if (!(error instanceof PeerMissing)) throw error;
      return { ...named, ours: `${short(await alone(ours, rounds))} ms`, missing: error.message };
    }
  });
}

/** Steps take seconds where a model is real. */
const stepRounds = ({ rounds }: Site) => Math.max(3, Math.ceil(rounds / 4));

const loadOver = (site: Site, model: BenchModel): Promise<Line> =>
  withPage(site, async (page) => {
    const ours = await openIn(page, site, 'whiteBoxLoad', model);
    const theirs = await openIn(page, site, 'generationLoad', model);
    const compared = await compare(ours, theirs, 3);
    const named = { what: 'load for gradients', model, peer: 'load for generation' };
    return comparedTimes(named, compared, ours.about);
  });

/** Two steps, and the load before them, as a multiple of the weights in float32. */
const memoryOfGcg = (site: Site, model: BenchModel): Promise<Line> =>
  withPage(site, async (page): Promise<Line> => {
    const what = `memory of the page during a ${gcgWork(model)}`;
    const peak = await peakBytes(site.browser, async () => {
      const subject = await openIn(page, site, 'gcgSteps', model);
      for (let step = 0; step < 2; step++) await subject.round();
    });
    const named = { what, model, peer: 'one float32 copy of the weights' };
    if (peak === null) return { ...named, missing: 'Only Linux says how much memory a process took.' };
    const copy = await float32Bytes(page, site, model);
    return {
      ...named,
      ours: `${short(peak / 2 ** 20)} MiB`,
      theirs: `${short(copy / 2 ** 20)} MiB`,
      ...{ ratio: peak / copy, of: 'memory', about: 'peak, load included', rounds: 1 },
    };
  });

const float32Bytes = (page: Page, { device }: Site, model: BenchModel): Promise<number> =>
  page.evaluate(([of, kind]) => globalThis.subjects!(kind).float32Bytes(of), [model, device] as const);
