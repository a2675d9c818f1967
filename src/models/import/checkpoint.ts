/** @file A checkpoint as readers of files give it to the importer, whatever its format: small files, and tensors by name. */
import type { ModelManifest } from './manifest.ts';

/** One weight, read when it is asked for, so that only one needs to be in memory. */
export interface CheckpointTensor {
  /** As in PyTorch: matrices are [out, in]. */
  readonly shape: readonly number[];
  /** Of the file that it is read from, for progress. */
  readonly bytes: number;
  /** As the file stores it: `F32`, `BF16`, `Q4_1` and so on. */
  readonly type: string;
  /**
   * All values, decoded, row-major.
   * @throws LabError 'bad-model' if the file ends early or the values cannot be decoded
   */
  read(): Promise<Float32Array<ArrayBuffer>>;
  /**
   * The same values a million or so at a time, in order, so that a large embedding is never whole in memory. Absent where
   * only the whole can be decoded.
   * @throws as `read`
   */
  pieces?(): AsyncIterable<Float32Array<ArrayBuffer>>;
}

export interface Checkpoint {
  /** As the files call it, or the name of the file; for people. */
  readonly title: string;
  /** SPDX identifier or name of the licence, `null` if the files do not say. */
  readonly license: string | null;
  /** As in `config.json` of a Hugging Face folder. */
  readonly config: Readonly<Record<string, unknown>>;
  /** As in `generation_config.json`. */
  readonly generation: Readonly<Record<string, unknown>> | null;
  /** As in `tokenizer.json` and `tokenizer_config.json`, the chat template included. */
  readonly tokenizer: Readonly<Record<string, unknown>>;
  readonly tokenizerConfig: Readonly<Record<string, unknown>>;
  /** By Hugging Face name: `model.layers.0.self_attn.q_proj.weight` and so on. */
  readonly tensors: ReadonlyMap<string, CheckpointTensor>;
  /** Of a model that was imported before and exported. */
  readonly exported?: ExportedFolder;
}

/** What an exported folder says of itself, and its files by path, to be compared with that. */
export interface ExportedFolder {
  readonly manifest: ModelManifest;
  readonly files: ReadonlyMap<string, Blob>;
}
