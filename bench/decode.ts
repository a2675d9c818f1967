/** @file Tokens per second of the lab's decode loop and of the bare library, in the same process. */
import { AutoModelForCausalLM, Tensor } from '@huggingface/transformers';
import { user } from '../src/core/chat.ts';
import type { ModelEntry } from '../src/models/catalog.ts';
import { openFolder } from '../src/models/files.ts';
import { loadTransformersModel } from '../src/models/runtimes/transformers/index.ts';
import { withFolder } from '../src/models/runtimes/transformers/environment.ts';
import { median, timed } from './median.ts';

const prompt = [user('How do I wake the kitten? Please list every step, one after the other.')];
const newTokens = 48;

export async function decodeSpeed(entry: ModelEntry, device: 'wasm' | 'webgpu', rounds: number) {
  const lab = await loadTransformersModel(entry, { device });
  const ids = lab.tokenizer.prompt(prompt);
  const bare = await withFolder(openFolder(entry.source), {}, (name) =>
    AutoModelForCausalLM.from_pretrained(name, { device, dtype: 'fp32' }),
  );
  const tensor = (values: readonly number[]) =>
    new Tensor('int64', BigInt64Array.from(values, BigInt), [1, values.length]);
  const bareRun = async (count: number) => {
    const output = (await bare.generate({
      inputs: tensor(ids),
      attention_mask: tensor(ids.map(() => 1)),
      generation_config: { max_new_tokens: count, min_new_tokens: count, do_sample: false },
    } as never)) as Tensor;
    return output.dims[1]! - ids.length;
  };
  const labRun = async (count: number) =>
    (await lab.generate(prompt, { maxNewTokens: count })).completionTokens!; // it runs in the lab, which counts

  const tokens = await labRun(newTokens);
  // Both loops are compiled by the browser while they run; the first rounds are up to four times slower.
  for (let round = 0; round < rounds / 2; round++) {
    await labRun(tokens);
    await bareRun(tokens);
  }
  const times = { prefill: [] as number[], lab: [] as number[], bare: [] as number[] };
  for (let round = 0; round < rounds; round++) {
    times.prefill.push(await timed(() => labRun(1)));
    times.lab.push(await timed(() => labRun(tokens)));
    times.bare.push(await timed(() => bareRun(tokens)));
  }
  const prefillMs = median(times.prefill);
  const labMs = median(times.lab);
  return {
    promptTokens: ids.length,
    newTokens: tokens,
    prefillTokensPerSecond: (1000 * ids.length) / prefillMs,
    decodeTokensPerSecond: (1000 * (tokens - 1)) / (labMs - prefillMs),
    labTokensPerSecond: (1000 * tokens) / labMs,
    bareTokensPerSecond: (1000 * tokens) / median(times.bare),
    /** Median of the ratios round by round, because the machine's speed drifts. */
    labOverBare: median(times.lab.map((ms, round) => times.bare[round]! / ms)),
  };
}
