/**
 * @file Low-rank adapters as PEFT's folder holds them: `adapter_config.json` and `adapter_model.safetensors`; and what they
 * do to the weights they stand beside.
 * @see https://arxiv.org/abs/2106.09685 (LoRA)
 */
import { z } from 'zod';
import { LabError } from '../core/errors.ts';
import type { Tensor } from './contract/tensor.ts';
import { projections, type Projection } from './projections.ts';
import { readSafetensors, writeSafetensors, type StoredType, type Tensors } from './safetensors.ts';

export interface LoraAdapter {
  readonly rank: number;
  /** What the adapter gives is multiplied by alpha / rank. */
  readonly alpha: number;
  readonly projections: readonly Projection[];
  /** As `model.layers.0.self_attn.q_proj.lora_A.weight`, [rank, in], and `lora_B`, [out, rank]. */
  readonly tensors: Tensors;
}

const configName = 'adapter_config.json';
const weightsName = 'adapter_model.safetensors';
/** What `readPeft` needs. */
export const peftFiles = [configName, weightsName] as const;
const before = 'base_model.model.';

const configSchema = z.looseObject({
  peft_type: z.literal('LORA'),
  r: z.int().positive(),
  lora_alpha: z.number().positive(),
  target_modules: z.union([z.array(z.string()), z.string()]),
  bias: z.string().default('none'),
  use_dora: z.boolean().nullish(),
  use_rslora: z.boolean().nullish(),
  rank_pattern: z.record(z.string(), z.number()).nullish(),
  alpha_pattern: z.record(z.string(), z.number()).nullish(),
  modules_to_save: z.array(z.string()).nullish(),
});

/**
 * @param base what PEFT loads the adapter onto: a hub's name or a path
 * @param dtype of the stored values
 */
export function writePeft(
  { rank, alpha, projections: adapted, tensors }: LoraAdapter,
  base: string,
  dtype: StoredType = 'F32',
): ReadonlyMap<string, Uint8Array<ArrayBuffer>> {
  const config = {
    ...{ peft_type: 'LORA', task_type: 'CAUSAL_LM', base_model_name_or_path: base },
    ...{ r: rank, lora_alpha: alpha, lora_dropout: 0, bias: 'none', fan_in_fan_out: false },
    target_modules: adapted.map((name) => name.split('.').at(-1)!),
    inference_mode: true,
  };
  const named = new Map([...tensors].map(([name, tensor]) => [`${before}${name}`, tensor]));
  return new Map([
    [configName, new TextEncoder().encode(`${JSON.stringify(config, null, 2)}\n`)],
    [weightsName, writeSafetensors(named, { dtype, metadata: { format: 'pt' } })],
  ]);
}

/** @throws LabError 'bad-model' for files that are no such adapter, 'not-supported' for one of another kind */
export function readPeft(files: ReadonlyMap<string, Uint8Array<ArrayBuffer>>): LoraAdapter {
  const [config, weights] = [configName, weightsName].map((name) => {
    const bytes = files.get(name);
    if (!bytes) throw unreadable(`it has no ${name}`);
    return bytes;
  }) as [Uint8Array, Uint8Array<ArrayBuffer>];
  const parsed = configSchema.safeParse(jsonIn(config));
  if (!parsed.success)
    throw unreadable(`${configName}: ${parsed.error.issues[0]!.path.join('.')} is not what LoRA needs`);
  const { r: rank, lora_alpha: alpha, bias, ...more } = parsed.data;
  const unknown = [
    bias === 'none' ? null : 'trained biases',
    more.use_dora ? 'DoRA' : null,
    more.use_rslora ? 'rank-stabilised scales' : null,
    Object.keys({ ...more.rank_pattern, ...more.alpha_pattern }).length > 0 ? 'ranks by layer' : null,
    more.modules_to_save?.length ? 'whole modules beside it' : null,
  ].filter((kind) => kind !== null);
  if (unknown.length > 0)
    throw new LabError(
      'not-supported',
      `The adapter has ${unknown.join(' and ')}, which this app does not compute.`,
      {
        advice: 'Merge it into its model in Python, and import the merged model.',
      },
    );
  const tensors = new Map(
    [...readSafetensors(weights).tensors].map(([name, tensor]) => [nameOf(name), tensor]),
  );
  const adapted = projections.filter((projection) =>
    [...tensors.keys()].some((name) => name.includes(`.${projection}.`)),
  );
  checkPairs(tensors, rank);
  return { rank, alpha, projections: adapted, tensors };
}

/** The model that the adapter was trained on, as its files call it; empty where they do not say. */
export function baseNamed(files: ReadonlyMap<string, Uint8Array<ArrayBuffer>>): string {
  const { base_model_name_or_path: base } = jsonIn(files.get(configName)!) as Record<string, unknown>;
  return typeof base === 'string' ? base : '';
}

function nameOf(name: string): string {
  const own = name.startsWith(before) ? name.slice(before.length) : name;
  const plain = own.replace('.default.weight', '.weight');
  if (/^model\.layers\.\d+\.[a-z_.]+\.lora_[AB]\.weight$/.test(plain)) return plain;
  throw new LabError('not-supported', `The adapter changes ${name}, which this app cannot adapt.`, {
    advice: 'Merge it into its model in Python, and import the merged model.',
  });
}

/** @throws LabError 'bad-model' unless every A has its B, and both have the rank */
function checkPairs(tensors: Tensors, rank: number): void {
  for (const [name, { shape }] of tensors) {
    const other = tensors.get(name.replace(/lora_[AB]/, (side) => (side === 'lora_A' ? 'lora_B' : 'lora_A')));
    if (!other) throw unreadable(`${name} stands alone`);
    if (shape.length !== 2 || shape[name.includes('lora_A') ? 0 : 1] !== rank)
      throw unreadable(`${name} is not of rank ${rank}`);
  }
}

function jsonIn(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    throw unreadable(`${configName} is not JSON`);
  }
}

const unreadable = (why: string): LabError =>
  new LabError('bad-model', `This is no LoRA adapter that can be read: ${why}.`, {
    advice: `Bring the folder as PEFT's save_pretrained writes it, with ${configName} and ${weightsName}.`,
  });

/**
 * The weights with what the adapter adds, W + alpha / rank · B A, for it to be used without. With `sign` −1 it is taken out
 * of weights that it was merged into.
 * @throws LabError 'bad-model' for an adapter of a model of another shape
 */
export function mergeAdapter(
  weights: Tensors,
  { rank, alpha, tensors }: LoraAdapter,
  sign: 1 | -1 = 1,
): Tensors {
  const merged = new Map(weights);
  for (const [name, a] of tensors) {
    if (!name.endsWith('lora_A.weight')) continue;
    const b = tensors.get(name.replace('lora_A', 'lora_B'))!;
    const target = name.replace('.lora_A.weight', '.weight');
    const weight = merged.get(target);
    if (!weight || weight.shape[0] !== b.shape[0] || weight.shape[1] !== a.shape[1])
      throw new LabError('bad-model', `The adapter does not fit ${target} of this model.`, {
        advice: 'Use it with the model that it was trained on.',
      });
    merged.set(target, added(weight, a, b, (sign * alpha) / rank));
  }
  return merged;
}

/** W + scale · B A; products are summed in double precision. */
function added(weight: Tensor, a: Tensor, b: Tensor, scale: number): Tensor {
  const [out, inner] = weight.shape as [number, number];
  const rank = a.shape[0]!;
  const data = weight.data.slice();
  const row = new Float64Array(inner);
  for (let i = 0; i < out; i++) {
    row.fill(0);
    for (let k = 0; k < rank; k++) {
      const factor = b.data[i * rank + k]! * scale;
      if (factor !== 0) for (let j = 0; j < inner; j++) row[j]! += factor * a.data[k * inner + j]!;
    }
    for (let j = 0; j < inner; j++) data[i * inner + j]! += row[j]!;
  }
  return { shape: weight.shape, data };
}
