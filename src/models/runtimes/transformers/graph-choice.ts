/** @file Which graph of a model's folder to load: one of several precisions, by device and by what the user asks for. Pure. */
import type { ModelEntry } from '../../catalog.ts';
import type { ComputeDevice } from '../../compute-device.ts';
import { hubDtypes } from '../../hub/choice.ts';
import { choosePrecision, type ChosenPrecision, type PrecisionWish } from '../../precision.ts';
import { offeredPrecisions, storedGraphsOf, type StoredGraphs } from '../../stored-graphs.ts';

const dtypes = ['fp32', 'fp16', 'q8', 'q4', 'q4f16'] as const;
/** As transformers.js calls precisions; each names a file of the folder `onnx/`. */
export type Dtype = (typeof dtypes)[number];

const precisionOf = { fp32: 'float32', fp16: 'float16', q8: 'q8', q4: 'q4', q4f16: 'q4f16' } as const;
const dtypeOf = { float32: 'fp32', float16: 'fp16', q8: 'q8', q4: 'q4', q4f16: 'q4f16' } as const;

export interface Graph extends ChosenPrecision {
  readonly dtype: Dtype;
  /** What it reads of files beside it. */
  readonly weights: StoredGraphs['graphs']['float32'];
}

/** In order of preference: the first that the folder has is loaded. */
export function candidateGraphs(
  { source }: ModelEntry,
  config: Readonly<Record<string, unknown>>,
  {
    dtype,
    precision: wish,
  }: { readonly dtype?: Dtype | undefined; readonly precision?: PrecisionWish | undefined },
  device: ComputeDevice,
): readonly Graph[] {
  const stored = storedGraphsOf(config);
  const graph = ({ precision, why }: ChosenPrecision): Graph => ({
    dtype: dtypeOf[precision],
    precision,
    why,
    weights: stored?.graphs[precision as keyof typeof stored.graphs] ?? {},
  });
  const graphs = (names: readonly Dtype[], why: string): readonly Graph[] =>
    names.map((name) => graph({ precision: precisionOf[name], why }));
  if (dtype) return graphs([dtype], 'You chose it.');
  if (stored) return [graph(choosePrecision(offeredPrecisions(stored), device, wish))];
  const stated = (config['transformers.js_config'] as { readonly dtype?: unknown } | undefined)?.dtype;
  const dtypeInConfig = dtypes.find((name) => name === stated);
  const first = dtypeInConfig ? [dtypeInConfig] : [];
  if (source.kind === 'bundled')
    return dtypeInConfig
      ? graphs(first, 'Its folder has this precision only.')
      : graphs(['fp32', 'q8'], 'It is the best that its folder has.');
  if (source.kind === 'url') {
    const order = new Set<Dtype>([...first, 'fp32', 'q8', 'q4']);
    return graphs([...order], 'It is the best that its folder has.');
  }
  // A repository that was stored as it is published has the weights of one data type, which is that of the device of that
  // day, and not always that of config.json.
  const order = new Set<Dtype>([...first, ...hubDtypes(device), ...dtypes]);
  const cannot = (name: Dtype) => device.kind === 'webgpu' && !device.f16 && /16$/.test(name);
  const possible = [...order].toSorted((a, b) => Number(cannot(a)) - Number(cannot(b)));
  return graphs(possible, 'It is the best for this device that its repository has.');
}
