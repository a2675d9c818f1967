/** @file Which build of a model a device would load, and whether it can run it. Pure. */
import type { ModelEntry } from '../../models/catalog.ts';
import type { KnownBuild, Precision } from '../../models/catalogue/known-model.ts';
import type { ComputeDevice } from '../../models/compute-device.ts';
import { bestAlternative, type Candidate } from '../../models/fit/alternative.ts';
import { fitOf, type DeviceFacts, type Fit, type FitSubject } from '../../models/fit/fit.ts';
import { weightBytes } from '../../models/fit/size.ts';
import { choosePrecision, type ComputePrecision } from '../../models/precision.ts';
import { hubDtypes } from '../../models/hub/choice.ts';
import type { Catalogue, KnownModelCard } from './catalogue.ts';

export type { Fit, FitVerdict, DeviceFacts } from '../../models/fit/fit.ts';

export interface ModelFit extends Fit {
  /** A model that will run in place of one that will not, or `null`. */
  readonly alternative: { readonly id: string; readonly title: string } | null;
}

type Known = readonly KnownModelCard[];

/** Of the known model that `id` names: by its repository, or by that of one of its builds. */
export const knownOf = (known: Known, id: string): KnownModelCard | null =>
  known.find((model) => model.id === id || model.offers.some(({ entryId }) => entryId === id)) ?? null;

/** @param isStored whether its files are on this device */
export function fitOfEntry(
  entry: ModelEntry,
  { known, models }: Pick<Catalogue, 'known' | 'models'>,
  device: DeviceFacts,
  isStored: boolean,
): ModelFit {
  const fit = fitOf(subjectOf(entry, known, device, isStored), device);
  if (fit.verdict !== 'will not run') return { ...fit, alternative: null };
  const model = knownOf(known, entry.id);
  const wanted = model ? candidate(model, entry.id, fit) : importedCandidate(entry, fit);
  const alternative = wanted && bestAlternative(wanted, candidates(known, models, device));
  return { ...fit, alternative: alternative && { id: alternative.id, title: alternative.title } };
}

const importedCandidate = ({ id, title, task, imported }: ModelEntry, fit: Fit): Candidate | null =>
  imported === undefined
    ? null
    : {
        id,
        title,
        model: id,
        family: '',
        kind: task === 'text-classification' ? 'classifier' : 'generator',
        parameters: imported.parameters,
        fit,
      };

const candidate = (model: KnownModelCard, id: string, fit: Fit): Candidate => ({
  id,
  title: model.title,
  model: model.id,
  family: model.family,
  kind: model.kind,
  parameters: model.parameters,
  fit,
});

const candidates = (known: Known, models: readonly ModelEntry[], device: DeviceFacts): readonly Candidate[] =>
  known.flatMap((model) =>
    model.offers.flatMap(({ entryId, build, needs }) => {
      if (entryId === null || (build.format === 'webllm' && !models.some(({ id }) => id === entryId)))
        return [];
      return [candidate(model, entryId, fitOf(subjectOfBuild(model, build, needs, false), device))];
    }),
  );

/** In half precision on disk, whatever the processor computes in. */
const fitPrecision = (precision: ComputePrecision, kind: DeviceFacts['kind']): Precision =>
  precision === 'q4f16' ? 'q4f16' : precision === 'float32' && kind === 'webgpu' ? 'f32' : 'f16';

/** How large the weights of an entry are that the catalogue does not know, in bytes per parameter: half precision. */
const halfPrecision = 2;

function subjectOf(entry: ModelEntry, known: Known, device: DeviceFacts, isStored: boolean): FitSubject {
  const model = knownOf(known, entry.id);
  const build = model && buildFor(model, entry.id, computeDevice(device));
  if (model && build) return subjectOfBuild(model, build, entry.needs, isStored);
  const { bytes, source, title, needs, imported } = entry;
  if (imported) {
    const { parameters, shape, offered } = imported;
    const { precision } = choosePrecision({ offered, withoutHalf: null }, computeDevice(device));
    return {
      title,
      size: { parameters, shape },
      engine: 'onnx',
      isImported: true,
      precision: fitPrecision(precision, device.kind),
      fileBytes: device.kind === 'wasm' ? weightBytes({ parameters, shape }, 'f16') : bytes,
      statedBytes: null,
      needs,
      isStored: true,
    };
  }
  return {
    title,
    size: bytes === null ? null : { parameters: bytes / halfPrecision, shape: null },
    engine: source.kind === 'webllm' ? 'webllm' : 'onnx',
    isImported: false,
    precision: 'f16',
    fileBytes: bytes,
    statedBytes: null,
    needs,
    isStored: isStored || source.kind === 'bundled',
  };
}

const computeDevice = ({ kind, adapter }: DeviceFacts): ComputeDevice => ({
  kind,
  f16: adapter?.f16 ?? false,
});

/** The build that loading `id` takes on a device: ONNX weights in the order in which the runtime prefers them. */
function buildFor(model: KnownModelCard, id: string, device: ComputeDevice): KnownBuild | null {
  const builds = model.offers.filter(({ entryId }) => entryId === id).map(({ build }) => build);
  const order: readonly Precision[] = hubDtypes(device).map((dtype) => hubPrecision[dtype]);
  const onnx = builds
    .filter(({ format }) => format === 'onnx')
    .toSorted((a, b) => rank(order, a.precision) - rank(order, b.precision));
  const [best] = onnx;
  if (!best || order.includes(best.precision)) return best ?? builds[0] ?? null;
  // The repository holds more precisions than the catalogue names, and the loader takes the one for this device.
  return { ...best, precision: order[0]!, files: null };
}
const rank = (order: readonly Precision[], precision: Precision) =>
  order.includes(precision) ? order.indexOf(precision) : order.length;
const hubPrecision = { fp32: 'f32', fp16: 'f16', q8: 'q8', q4: 'q4', q4f16: 'q4f16' } as const;

function subjectOfBuild(
  { title, parameters, shape }: KnownModelCard,
  { format, precision, files, memoryBytes }: KnownBuild,
  needs: FitSubject['needs'],
  isStored: boolean,
): FitSubject {
  const sizes = files?.map(({ bytes }) => bytes) ?? [null];
  return {
    title,
    size: { parameters, shape },
    engine: format === 'webllm' ? 'webllm' : format === 'onnx' ? 'onnx' : 'whitebox',
    isImported: false,
    precision,
    fileBytes: sizes.includes(null) ? null : sizes.reduce<number>((sum, bytes) => sum + bytes!, 0),
    statedBytes: memoryBytes,
    needs,
    isStored,
  };
}
