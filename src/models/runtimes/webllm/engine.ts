/**
 * @file The part of @mlc-ai/web-llm 0.2.86 that the lab uses, and its import.
 * The package is 6.8 MB of script: it is imported on first use, in the worker, never by the page.
 * Its chat API is not used: its templates corrupt `$` and read typed special tokens as control tokens.
 */
import type {
  AppConfig,
  ChatOptions,
  LogitProcessor,
  MLCEngineConfig,
  MLCEngineInterface,
} from '@mlc-ai/web-llm';

export type Engine = Pick<MLCEngineInterface, 'reload' | 'unload' | 'resetChat' | 'forwardTokensAndSample'>;

export interface EnginePackage {
  createEngine(config: MLCEngineConfig): Engine;
  readonly prebuiltAppConfig: AppConfig;
}

export async function importEngine(): Promise<EnginePackage> {
  const { MLCEngine, prebuiltAppConfig } = await import('@mlc-ai/web-llm');
  return { createEngine: (config) => new MLCEngine(config), prebuiltAppConfig };
}

/**
 * The engine samples after every forward, whether we want a token or not, and fails if a setting is missing from
 * the model's config. Its token is never used, so any valid setting works.
 */
export const inertSampling: ChatOptions = {
  temperature: 1,
  top_p: 0.95,
  repetition_penalty: 1,
  frequency_penalty: 0,
  presence_penalty: 0,
};

export interface Recorder extends LogitProcessor {
  /** Logits of the last forward, shape [V]; `null` if none came since the last call. The caller owns the array. */
  take(): Float32Array | null;
}

/**
 * Reads the raw logits through the engine's processor hook and feeds its sampler one certain token instead, in
 * finite numbers: a NaN or an infinity from a damaged model would otherwise end the whole runtime.
 */
export function createRecorder(): Recorder {
  let latest: Float32Array | null = null;
  let certain = new Float32Array();
  return {
    processLogits(logits) {
      latest = logits.slice();
      if (certain.length !== logits.length) {
        certain = new Float32Array(logits.length).fill(-1e9);
        certain[0] = 1e3;
      }
      return certain;
    },
    processSampledToken: () => undefined,
    resetState: () => undefined,
    take() {
      const logits = latest;
      latest = null;
      return logits;
    },
  };
}
