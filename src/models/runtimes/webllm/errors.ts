/**
 * @file Turns web-llm's failures into ones that a user can act on. It throws classes it does not export, strings, and
 * objects that are not Errors, so only name and message can be matched. The original is kept as `cause`.
 */
import { isAbort, LabError, type LabErrorCode } from '../../../core/errors.ts';

export type Phase = 'load' | 'run';

interface Context {
  readonly modelId: string;
  readonly phase: Phase;
  /** Lines that the runtime wrote to the console; only they give the reason of a fatal error. */
  readonly log?: readonly string[];
}

interface Rule {
  /** Tested on `name: message`. */
  readonly when: RegExp;
  readonly phase?: Phase;
  readonly code: LabErrorCode;
  readonly message: (modelId: string) => string;
  readonly advice: string;
}

const restart = 'End this worker and load the model again; finished work is kept.';
const smaller = 'Pick a smaller model, close other tabs that use the GPU, then load it again.';
const refetch = 'Delete the files of this model and load it again.';

/** First match wins. */
const rules: readonly Rule[] = [
  {
    when: /WebGPUNotAvailableError|WebGPUNotFoundError|Unable to find a compatible GPU/,
    code: 'no-webgpu',
    message: (id) => `${id} runs on WebGPU only, and this browser offers none.`,
    advice: 'Use a browser with WebGPU, or a model of the transformers runtime.',
  },
  {
    when: /ShaderF16SupportError|Invalid ShaderModule/,
    code: 'not-supported',
    message: (id) => `${id} computes in 16-bit floats (shader-f16), which this GPU does not offer.`,
    advice: 'Pick the q4f32 version of the model.',
  },
  {
    when: /FeatureSupportError|Cannot initialize runtime because of requested/,
    code: 'not-supported',
    message: (id) => `This GPU lacks something that ${id} needs.`,
    advice: 'Use another GPU or browser, or a model of the transformers runtime.',
  },
  {
    when: /ModelNotFoundError/,
    code: 'unknown-model',
    message: (id) => `web-llm knows no model "${id}".`,
    advice: 'Pick one of its own list.',
  },
  {
    when: /QuotaExceededError/,
    code: 'quota-exceeded',
    message: (id) => `The browser gave no room for the files of ${id}.`,
    advice: 'Delete models you no longer use, or free disk space, then load it again.',
  },
  {
    when: /LinkError/,
    code: 'bad-model',
    message: (id) => `The compiled library of ${id} belongs to another version of web-llm.`,
    advice: 'Use a library compiled for web-llm 0.2.86 (v0_2_86).',
  },
  {
    when: /CompileError/,
    code: 'bad-model',
    message: (id) => `The compiled library of ${id} is missing: what came instead is no WebAssembly.`,
    advice: refetch,
  },
  {
    when: /Tensor-cache record range|IntegrityError/,
    code: 'bad-model',
    message: (id) => `A file of ${id} is damaged or cut short.`,
    advice: refetch,
  },
  {
    when: /ArtifactManifestError|UnsupportedTokenizerFilesError|WindowSize(Configuration|Specification)Error|AttentionSinkSizeError|MissingModelWasmError/,
    code: 'bad-model',
    message: (id) => `The config of ${id} cannot be used.`,
    advice: 'Use a model folder made for web-llm 0.2.86.',
  },
  {
    when: /on 'Cache': Request failed|Failed to fetch|NetworkError|network error/i,
    code: 'unreachable',
    message: (id) => `A file of ${id} could not be fetched.`,
    advice: 'Check the connection and that the airlock is open for this model, then load it again.',
  },
  {
    when: /ContextWindowSizeExceededError/,
    code: 'context-overflow',
    message: (id) => `The prompt does not fit into the context of ${id}.`,
    advice: 'Shorten the prompt, or pick a model with a longer context.',
  },
  {
    when: /DeviceLostError|ModelNotLoadedError/,
    phase: 'load',
    code: 'out-of-memory',
    message: (id) => `The GPU gave up while ${id} was loading, most likely for lack of memory.`,
    advice: smaller,
  },
  {
    when: /Array buffer allocation failed|out of memory|Cannot enlarge memory/i,
    code: 'out-of-memory',
    message: (id) => `There is not enough memory for ${id}.`,
    advice: smaller,
  },
  {
    when: /ExitStatus/,
    phase: 'load',
    code: 'bad-model',
    message: (id) =>
      `web-llm stopped while loading ${id}: weights and library do not match, a file is damaged, or the context is too large for this GPU.`,
    advice: `${refetch} If it fails again, the library does not fit the weights. End this worker first.`,
  },
  {
    when: /ExitStatus|already been disposed|popErrorScope|DeviceLostError|ModelNotLoadedError|device.*lost/i,
    code: 'device-lost',
    message: (id) => `The GPU or the runtime went away while ${id} was running.`,
    advice: restart,
  },
  {
    when: /Engine\.unload\(\) is called|Failed to store/,
    phase: 'load',
    code: 'aborted',
    message: (id) => `The load of ${id} was given up.`,
    advice: restart,
  },
];

/**
 * @returns a LabError for a known failure; an abort, a LabError and a bug are returned unchanged, except that a value
 *   that is not an Error becomes one
 */
export function explain(error: unknown, context: Context): Error {
  if (error instanceof LabError) return error;
  if (isAbort(error)) return error as Error;
  const text = describe(error);
  const rule = rules.find(({ when, phase }) => when.test(text) && (phase ?? context.phase) === context.phase);
  if (!rule) return error instanceof Error ? error : new Error(text);
  const details = [text, ...(context.log ?? [])].join(' | ');
  return new LabError(rule.code, `${rule.message(context.modelId)} (${details})`, {
    advice: rule.advice,
    cause: error,
  });
}

/** True if the engine cannot be used after this failure. */
export const isFatal = (error: Error): error is LabError =>
  error instanceof LabError && error.code === 'device-lost';

/** `name: message` of whatever was thrown: an Error, a DOMException, an ExitStatus object or a bare string. */
function describe(error: unknown): string {
  if (typeof error === 'string') return error;
  const { name = 'Error', message = '' } = (error ?? {}) as { name?: string; message?: string };
  return message.startsWith(`${name}:`) ? message : `${name}: ${message}`;
}
