/**
 * @file Whether a device can run a build of a model, before anything is fetched: memory, limits of the graphics adapter,
 * storage and time. Pure. Memory was measured on WASM only; docs/catalogue-and-fit.md has the figures.
 */
import { decimals } from '../../core/format.ts';
import type { KnownBuild, Precision } from '../catalogue/known-model.ts';
import { cacheBytes, headBytes, largestTensorBytes, weightBytes, type ModelSize } from './size.ts';

/** What the browser tells about the device; `null` where it does not say. */
export interface DeviceFacts {
  /** What the lab is set to compute on. */
  readonly kind: 'wasm' | 'webgpu';
  /** Of the graphics adapter; `null` if there is none. */
  readonly adapter: {
    readonly f16: boolean;
    readonly maxBufferBytes: number;
    readonly maxBindingBytes: number;
  } | null;
  /** Memory of the device, rounded and capped by the browser (`navigator.deviceMemory`). */
  readonly memoryBytes: number | null;
  readonly cores: number | null;
  /** Storage that the browser still grants. */
  readonly freeBytes: number | null;
}

export type Engine = 'onnx' | 'whitebox' | 'webllm';

export interface FitSubject {
  readonly title: string;
  /** `null` when nothing is known of it. */
  readonly size: ModelSize | null;
  readonly engine: Engine;
  /** The lab wrote its files: weights in half precision, which every graph reads. */
  readonly isImported: boolean;
  readonly precision: Precision;
  /** Bytes on disk, if they are known. */
  readonly fileBytes: number | null;
  /** GPU memory that web-llm's list states. */
  readonly statedBytes: KnownBuild['memoryBytes'];
  readonly needs: { readonly webgpu: boolean; readonly f16: boolean };
  /** True if its files are on this device already. */
  readonly isStored: boolean;
}

export type FitVerdict = 'will run' | 'will be slow' | 'will not run';

export interface Fit {
  /** `null`: it could not be told. */
  readonly verdict: FitVerdict | null;
  /** Why, in full sentences; the decisive one first. */
  readonly reasons: readonly string[];
  /** Of the page's process and of the graphics processor together, with 1,024 tokens of context. */
  readonly memoryBytes: number | null;
  /** To write 100 tokens, after the prompt. */
  readonly secondsPer100Tokens: number | null;
}

const GB = 1e9;
const contextTokens = 1024;
/** A WebAssembly memory ends there. */
const wasmLimitBytes = 4 * 2 ** 30;
/** Chromium reports no more than this, whatever the device has. */
const reportedMemoryCap = 8 * GB;
/** Above this, an answer of 100 tokens is too long a wait for a chat. */
const slowSeconds = 30;
/** A system and the browser itself need the rest. */
const usableShare = 0.7;

/**
 * Bytes read per second while decoding, which reads every weight once per token: measured on two cores with float32
 * weights in WASM (14.6 GB/s with ONNX Runtime), assumed for graphics processors, of which none was at hand: that of
 * an integrated one.
 */
const bytesPerSecond = { wasmPerCore: 7.3 * GB, wasmMost: 25 * GB, webgpu: 40 * GB } as const;
/** Block-quantised matrices took this many times longer on WASM than float32 ones. */
const blockSlowdownOnWasm = 6;
/** Weights that are inputs of a graph are not packed for its products. Assumed: idle cores were not at hand to measure it. */
const whiteBoxSlowdown = 4;

/**
 * Page, worker and engine without a model, and what comes per byte of float32 weights at the peak, while they are loaded.
 * Imported: the engine holds a matrix as it is stored, in float32 and packed for its products, not all at a time; an
 * embedding that is the head too it keeps whole besides, and turned round.
 * White-box: one copy, and what a step of GCG takes beside it.
 */
const onWasm = {
  onnx: { fixedBytes: 0.39 * GB, perLayerByte: 1, perHeadByte: 1 },
  imported: { fixedBytes: 0.39 * GB, perLayerByte: 1.65, perHeadByte: 3.65 },
  whitebox: { fixedBytes: 0.41 * GB, perLayerByte: 1.2, perHeadByte: 1.2 },
} as const;
const onWebgpu = { fixedBytes: 0.4 * GB } as const;

const gigabytes = (value: number) => `${decimals(value / GB, value < 0.95 * GB ? 2 : 1)} GB`;

const computePrecision = (precision: Precision, kind: DeviceFacts['kind']): Precision => {
  const isBlock = precision === 'q4' || precision === 'q8' || precision === 'q4f16' || precision === 'q4f32';
  return isBlock || kind === 'webgpu' ? precision : 'f32';
};

interface Memory {
  /** Page, worker, and the file while it is read. */
  readonly page: number;
  /** On WASM: in the one memory of the engine. */
  readonly engine: number;
}

/**
 * Estimate of the peak of memory in bytes, with keys and values of 1,024 tokens.
 * WASM: a fixed part + the file + float32 weights of layers and of the embedding, each times a factor.
 * WebGPU: a fixed part + weights as computed, and the embedding turned round if it is the head; for web-llm what its
 * list states.
 */
function memoryOf(
  { size, engine, isImported, precision, fileBytes, statedBytes }: FitSubject,
  kind: DeviceFacts['kind'],
): Memory | null {
  if (engine === 'webllm' && statedBytes !== null) return { page: onWebgpu.fixedBytes, engine: statedBytes };
  if (!size) return null;
  const cache = cacheBytes(size, contextTokens, kind === 'webgpu' && precision.endsWith('f16') ? 2 : 4);
  const stored = fileBytes ?? weightBytes(size, precision);
  if (kind === 'webgpu') {
    const weights =
      engine === 'whitebox'
        ? weightBytes(size, 'f32')
        : isImported
          ? weightBytes(size, precision) + headBytes(size, precision)
          : stored;
    return { page: onWebgpu.fixedBytes, engine: weights + cache };
  }
  const compute = engine === 'whitebox' ? 'f32' : computePrecision(precision, kind);
  const part =
    onWasm[engine === 'onnx' && isImported ? 'imported' : engine === 'whitebox' ? 'whitebox' : 'onnx'];
  const head = headBytes(size, compute);
  return {
    page: part.fixedBytes + (engine === 'whitebox' ? 0 : stored),
    engine: part.perLayerByte * (weightBytes(size, compute) - head) + part.perHeadByte * head + cache,
  };
}

export function memoryBytesOf(subject: FitSubject, kind: DeviceFacts['kind']): number | null {
  const memory = memoryOf(subject, kind);
  return memory && memory.page + memory.engine;
}

/** Seconds to write 100 tokens: bytes that a token reads, divided by what the device reads per second. */
export function secondsPer100(subject: FitSubject, device: DeviceFacts): number | null {
  const { size, engine, precision } = subject;
  if (!size) return null;
  const { wasmPerCore, wasmMost, webgpu } = bytesPerSecond;
  const onProcessor = device.kind === 'wasm';
  const compute = engine === 'whitebox' ? 'f32' : computePrecision(precision, device.kind);
  const isBlock = compute === 'q4' || compute === 'q4f16' || compute === 'q4f32';
  const assumed = onProcessor ? Math.min(wasmMost, wasmPerCore * (device.cores ?? 2)) : webgpu;
  const slowdown =
    (engine === 'whitebox' && onProcessor ? whiteBoxSlowdown : 1) *
    (isBlock && onProcessor ? blockSlowdownOnWasm : 1);
  const read = isBlock && onProcessor ? weightBytes(size, 'f32') : weightBytes(size, compute);
  return (100 * slowdown * read) / assumed;
}

/** Why the build cannot start on this device at all; `null` if nothing is known to be in the way. */
function obstacle(subject: FitSubject, device: DeviceFacts, memory: number | null): string | null {
  const { needs, engine, size, precision, isStored, fileBytes } = subject;
  const inEngine = memoryOf(subject, device.kind)?.engine ?? 0;
  const { kind, adapter, freeBytes, memoryBytes } = device;
  if (needs.webgpu && !adapter) return 'It needs WebGPU, which this browser does not offer on this device.';
  if (needs.f16 && !adapter?.f16)
    return 'It needs half-precision shaders (shader-f16), which this graphics adapter lacks.';
  if (needs.webgpu && kind === 'wasm') return 'It runs on WebGPU only, and the lab is set to the processor.';
  const onGpu = kind === 'webgpu' && engine !== 'webllm';
  const largest = size && onGpu ? largestTensorBytes(size, engine === 'whitebox' ? 'f32' : precision) : null;
  const most = adapter ? Math.min(adapter.maxBindingBytes, adapter.maxBufferBytes) : null;
  if (largest !== null && most !== null && largest > most)
    return `Its embedding takes ${gigabytes(largest)} in one buffer; this graphics adapter binds at most ${gigabytes(most)}.`;
  const download = fileBytes ?? (size ? weightBytes(size, precision) : null);
  if (!isStored && download !== null && freeBytes !== null && download > freeBytes)
    return `Its files take ${gigabytes(download)}; the browser grants ${gigabytes(freeBytes)} more.`;
  if (memory === null) return null;
  if (kind === 'wasm' && inEngine > wasmLimitBytes)
    return `It takes ${gigabytes(inEngine)} of memory to compute; a page computes in at most ${gigabytes(wasmLimitBytes)} on the processor.`;
  if (memoryBytes !== null && memoryBytes < reportedMemoryCap && memory > memoryBytes * usableShare)
    return `It takes ${gigabytes(memory)} of memory; this device has about ${gigabytes(memoryBytes)} for everything.`;
  return null;
}

export function fitOf(subject: FitSubject, device: DeviceFacts): Fit {
  const memoryBytes = memoryBytesOf(subject, device.kind);
  const seconds = secondsPer100(subject, device);
  const estimates = { memoryBytes, secondsPer100Tokens: seconds };
  const blocked = obstacle(subject, device, memoryBytes);
  if (blocked !== null) return { verdict: /* @wc-ignore */ 'will not run', reasons: [blocked], ...estimates };
  if (memoryBytes === null)
    return {
      verdict: null,
      reasons: ['Its size is not known before its files are asked for.'],
      ...estimates,
    };
  const reasons = [
    `It takes about ${gigabytes(memoryBytes)} of memory.`,
    ...(seconds === null
      ? []
      : [
          `100 tokens take ${seconds < 0.1 ? `under ${decimals(0.1, 1)}` : `about ${seconds < 9.95 ? decimals(seconds, 1) : Math.round(seconds)}`} s.`,
        ]),
  ];
  if (device.memoryBytes !== null && memoryBytes > device.memoryBytes * usableShare)
    reasons.push('The browser does not say whether this device has that much.');
  const isSlow = seconds !== null && seconds > slowSeconds;
  return {
    verdict: isSlow ? /* @wc-ignore */ 'will be slow' : /* @wc-ignore */ 'will run',
    reasons: isSlow ? reasons.toReversed() : reasons,
    ...estimates,
  };
}
