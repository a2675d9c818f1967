/** @file Speed of a chunk of trials whose answers are written side by side, over one stream of the bare engine. */
import { AutoModelForCausalLM, DynamicCache, Tensor, type PreTrainedModel } from '@huggingface/transformers';
import { user } from '../src/core/chat.ts';
import { tinytown } from '../src/data/tinytown/behaviors.ts';
import { argmax } from '../src/models/decoding/sampler.ts';
import type { ModelEntry } from '../src/models/catalog.ts';
import { openFolder } from '../src/models/files.ts';
import type { ScoringModel } from '../src/models/language-model.ts';
import { inNode, withFolder } from '../src/models/runtimes/transformers/environment.ts';
import { loadTransformersModel } from '../src/models/runtimes/transformers/index.ts';
import { median } from './median.ts';

/** As a plan has them where it says nothing else. */
const plan = { trials: 16, maxNewTokens: 96, topTokens: 5 };
const bareTokens = 48;

const { behaviors } = tinytown;
/** Requests of every kind: their answers differ in length. */
const prompts = Array.from({ length: plan.trials }, (_, i) => [
  user(behaviors[Math.floor((i * behaviors.length) / plan.trials)]!.prompt),
]);

/** Tokens per second of the first `trials` answers, prefill included, recorded as in a run. */
async function chunkSpeed(model: ScoringModel, trials: number): Promise<number> {
  const startedAt = performance.now();
  const replies = await Promise.all(
    prompts.slice(0, trials).map((messages, i) =>
      model.generate(messages, {
        maxNewTokens: plan.maxNewTokens,
        topTokens: plan.topTokens,
        seed: `${i}`,
        onToken: () => undefined,
      }),
    ),
  );
  const tokens = replies.reduce((sum, { completionTokens }) => sum + completionTokens!, 0);
  return (1000 * tokens) / (performance.now() - startedAt);
}

const int64 = (values: readonly number[]) =>
  new Tensor('int64', BigInt64Array.from(values, BigInt), [1, values.length]);

/** Tokens per second of a greedy loop around forward passes that keeps nothing but the last token, prefill excluded. */
async function bareSpeed(
  model: PreTrainedModel,
  prompt: readonly number[],
  vocabSize: number,
): Promise<number> {
  let ids = prompt;
  let past: object | null = null;
  let startedAt = 0;
  for (let step = 0; step <= bareTokens; step++) {
    const { logits, ...rest } = (await model.forward({
      input_ids: int64(ids),
      attention_mask: int64(new Array<number>(prompt.length + step).fill(1)),
      num_logits_to_keep: new Tensor('int64', [1n], []),
      past_key_values: past,
    })) as Record<string, Tensor>;
    past = new DynamicCache(
      Object.fromEntries(
        Object.entries(rest).map(([name, tensor]) => [name.replace('present', 'past_key_values'), tensor]),
      ),
    );
    ids = [argmax((logits!.data as Float32Array).subarray(-vocabSize))];
    if (step === 0) startedAt = performance.now();
  }
  return (1000 * bareTokens) / (performance.now() - startedAt);
}

export async function chunkSpeeds(entry: ModelEntry, device: 'wasm' | 'webgpu', rounds: number) {
  const lab = await loadTransformersModel(entry, { device });
  const bare = await withFolder(openFolder(entry.source), {}, (name) =>
    AutoModelForCausalLM.from_pretrained(name, {
      device: inNode && device === 'wasm' ? 'cpu' : device,
      dtype: 'fp32',
    }),
  );
  const prompt = lab.tokenizer.prompt(prompts[0]!);
  const speeds = { chunk: [] as number[], one: [] as number[], bare: [] as number[] };
  // The browser compiles the loops while they run, so that the first rounds are slower.
  for (let round = -Math.ceil(rounds / 2); round < rounds; round++) {
    const chunk = await chunkSpeed(lab, plan.trials);
    const one = await chunkSpeed(lab, 1);
    const bareOne = await bareSpeed(bare, prompt, lab.tokenizer.vocabSize);
    if (round < 0) continue;
    speeds.chunk.push(chunk);
    speeds.one.push(one);
    speeds.bare.push(bareOne);
  }
  return {
    trials: plan.trials,
    chunkTokensPerSecond: median(speeds.chunk),
    oneTrialTokensPerSecond: median(speeds.one),
    bareTokensPerSecond: median(speeds.bare),
    /** Medians of the ratios round by round, because the machine's speed drifts. */
    chunkOverBare: median(speeds.chunk.map((speed, round) => speed / speeds.bare[round]!)),
  };
}
