/** @file A worker that holds one model in one runtime on one device, as the lab's workers do, and answers questions. */
import { expose } from 'comlink';
import { user } from '../../../src/core/chat.ts';
import type { Runtime } from '../../../src/models/catalog.ts';
import { isScoring, type ScoringModel, type ScoringRequest } from '../../../src/models/language-model.ts';
import { loadModel, type Device } from '../../../src/models/load.ts';
import { inRuntime } from './questions.ts';

export interface ProbeOptions {
  readonly model: string;
  readonly runtime: Runtime;
  readonly device: Device;
  /** Where `models/` is. */
  readonly site: string;
}

let model: ScoringModel;

const probe = {
  async load({ model: id, runtime, device, site }: ProbeOptions): Promise<void> {
    const options = { device, access: 'grey-box', baseUrl: site } as const;
    const loaded = await loadModel(inRuntime(runtime, id), options);
    if (!isScoring(loaded)) throw new Error(`${runtime} offers no logits.`);
    model = loaded;
  },

  /** Token ids of a question, and of what it is to be followed by. */
  request: (question: string, target: string): ScoringRequest => ({
    prompt: model.tokenizer.prompt([user(question)]),
    target: model.tokenizer.encode(target),
  }),

  /** Next-token logits of each row after its prompt, [V] each; all rows are read as one batch. */
  async nextLogits(prompts: readonly (readonly number[])[]): Promise<Float32Array[]> {
    const session = await model.open(prompts);
    const logits = prompts.map((_, row) => session.logits(row).slice());
    await session.close();
    return logits;
  },

  /** Logits before each token of the target, [V] each: the prompt is read at once, the target a token at a time. */
  async forcedLogits({ prompt, target }: ScoringRequest): Promise<Float32Array[]> {
    const session = await model.open([prompt]);
    const logits = [session.logits(0).slice()];
    for (const id of target.slice(0, -1)) {
      await session.advance([id]);
      logits.push(session.logits(0).slice());
    }
    await session.close();
    return logits;
  },

  logProbs: (requests: readonly ScoringRequest[]): Promise<Float32Array[]> => model.logProbs(requests),

  /** Greedy answers, all asked for at once. */
  async answers(questions: readonly string[], maxNewTokens: number): Promise<string[]> {
    const replies = questions.map((question) => model.generate([user(question)], { maxNewTokens }));
    return (await Promise.all(replies)).map(({ text }) => text);
  },
};

export type Probe = typeof probe;
expose(probe);
