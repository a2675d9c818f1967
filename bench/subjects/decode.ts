/**
 * @file Milliseconds per token after the first, of three ways to run the same graph: the lab's, that of transformers.js,
 * and a loop around ONNX Runtime that does nothing else.
 */
import { AutoModelForCausalLM, Tensor, type PreTrainedModel } from '@huggingface/transformers';
import type { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-web';
import { user } from '../../src/core/chat.ts';
import type { ModelEntry } from '../../src/models/catalog.ts';
import { createChatTokenizer } from '../../src/models/chat-tokenizer.ts';
import { argmax } from '../../src/models/decoding/sampler.ts';
import { readDescription } from '../../src/models/description.ts';
import { openFolder } from '../../src/models/files.ts';
import { candidateGraphs } from '../../src/models/runtimes/transformers/graph-choice.ts';
import { loadTransformersModel } from '../../src/models/runtimes/transformers/index.ts';
import { computeDevice, start, threadsFor } from '../../src/models/runtimes/transformers/loading.ts';
import { readSizes } from '../../src/models/runtimes/transformers/sizes.ts';
import { timed } from '../median.ts';
import { parameters } from '../parameters.ts';
import type { Subject } from '../subject.ts';

const { newTokens } = parameters.decode;
const messages = [user(parameters.decode.prompt)];

type Device = 'wasm' | 'webgpu';

/** What remains when the time to the first token is taken off, per token. */
async function perToken(answer: (tokens: number) => Promise<unknown>): Promise<number> {
  const first = await timed(() => answer(1));
  return ((await timed(() => answer(newTokens))) - first) / (newTokens - 1);
}

export async function labDecode(entry: ModelEntry, device: Device): Promise<Subject> {
  const model = await loadTransformersModel(entry, { device });
  const { config } = await readDescription(openFolder(entry.source), entry.source);
  // Forced tokens give every answer the same length; everything else is computed as usual.
  const forced = Array<number>(newTokens).fill(model.tokenizer.encode(' the')[0]!);
  const threads = device === 'wasm' ? `, ${threadsFor(readSizes(config).parameters)} thread(s)` : '';
  return {
    about: `${model.computes?.precision ?? 'float32'}${threads}`,
    round: () =>
      perToken((count) => model.generate(messages, { maxNewTokens: count, forced: forced.slice(0, count) })),
    close: async () => undefined,
  };
}

/** The graph that the lab chooses, loaded as the lab loads it, and the ids of the prompt. */
async function openBare(entry: ModelEntry, device: Device) {
  const folder = openFolder(entry.source);
  const { config, generation, tokenizer } = await readDescription(folder, entry.source);
  const candidates = candidateGraphs(entry, config, {}, await computeDevice(entry, { device }));
  const preloaded = { 'config.json': config, 'generation_config.json': generation };
  const { model, graph } = await start(
    AutoModelForCausalLM,
    folder,
    preloaded,
    candidates,
    device,
    readSizes(config),
  );
  return { model, about: graph.precision, ids: createChatTokenizer(tokenizer).prompt(messages) };
}

/** The prompt with its special tokens spelled out, for engines that have their own tokenizer. */
export async function spelledPrompt({ source }: ModelEntry) {
  const folder = openFolder(source);
  const { tokenizer } = await readDescription(folder, source);
  const chat = createChatTokenizer(tokenizer);
  const { added_tokens: added } = (await folder.json('tokenizer.json')) as {
    readonly added_tokens: readonly { readonly id: number; readonly content: string }[];
  };
  const special = new Map(added.map(({ id, content }) => [id, content]));
  const ids = chat.prompt(messages);
  return { text: ids.map((id) => special.get(id) ?? chat.decode([id])).join(''), tokens: ids.length };
}

const int64 = (values: readonly number[]) =>
  new Tensor('int64', BigInt64Array.from(values, BigInt), [1, values.length]);

export async function libraryDecode(entry: ModelEntry, device: Device): Promise<Subject> {
  const { model, about, ids } = await openBare(entry, device);
  const answer = (count: number) =>
    model.generate({
      inputs: int64(ids),
      attention_mask: int64(ids.map(() => 1)),
      generation_config: { max_new_tokens: count, min_new_tokens: count, do_sample: false },
    } as never);
  return { about, round: () => perToken(answer), close: async () => void (await model.dispose()) };
}

export async function bareDecode(entry: ModelEntry, device: Device): Promise<Subject> {
  const { model, about, ids } = await openBare(entry, device);
  return { about, round: () => bareLoop(model, ids), close: async () => void (await model.dispose()) };
}

/** Greedy, from sessions and tensors of ONNX Runtime alone; the prompt is read before the clock starts. */
async function bareLoop(model: PreTrainedModel, prompt: readonly number[]): Promise<number> {
  const session = (model.sessions as Record<string, InferenceSession>)['model']!;
  const asOrt = (tensor: Tensor) => tensor.ort_tensor as OrtTensor;
  const caches = session.inputNames.filter((name) => name.startsWith('past_key_values'));
  const output = (cache: string) => cache.replace('past_key_values', 'present');
  const { num_key_value_heads: heads, head_dim: size } = model.config as unknown as {
    readonly num_key_value_heads: number;
    readonly head_dim: number;
  };
  const half = caches.length > 0 && typeOf(session, caches[0]!) === 'float16';
  const empty = () =>
    asOrt(
      new Tensor(half ? 'float16' : 'float32', half ? new Uint16Array(0) : new Float32Array(0), [
        ...[1, heads, 0, size],
      ]),
    );
  let past: Record<string, OrtTensor> = Object.fromEntries(caches.map((name) => [name, empty()]));
  let ids = prompt;
  let startedAt = 0;
  for (let step = 0; step < newTokens; step++) {
    const length = prompt.length + step;
    const inputs: Record<string, Tensor> = {
      input_ids: int64(ids),
      attention_mask: int64(new Array<number>(length).fill(1)),
      position_ids: int64(ids.map((_, i) => length - ids.length + i)),
      num_logits_to_keep: new Tensor('int64', BigInt64Array.of(1n), []),
    };
    const feeds = Object.entries(inputs).filter(([name]) => session.inputNames.includes(name));
    const results = (await session.run({
      ...Object.fromEntries(feeds.map(([name, tensor]) => [name, asOrt(tensor)])),
      ...past,
    })) as Record<string, OrtTensor>;
    for (const tensor of Object.values(past)) if (tensor.location === 'gpu-buffer') tensor.dispose();
    past = Object.fromEntries(caches.map((name) => [name, results[output(name)]!]));
    const logits = (await results['logits']!.getData()) as Float32Array;
    ids = [argmax(logits.subarray(-results['logits']!.dims.at(-1)!))];
    if (step === 0) startedAt = performance.now();
  }
  const elapsed = performance.now() - startedAt;
  for (const tensor of Object.values(past)) tensor.dispose();
  return elapsed / (newTokens - 1);
}

const typeOf = (session: InferenceSession, input: string): string | null => {
  const found = session.inputMetadata.find(({ name }) => name === input);
  return found?.isTensor ? found.type : null;
};
