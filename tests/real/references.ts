/** @file Reads the values that real models are compared with. */
import { readFileSync } from 'node:fs';

/** Logits behind the last token of a prompt. */
export interface Logits {
  /** The largest: id and value. */
  readonly top: readonly (readonly [id: number, logit: number])[];
  /** Those of `sampleIds`. */
  readonly sample: readonly number[];
}

/** What PyTorch computes for a prompt; README.md in this folder says how. */
export interface Reference {
  readonly prompt: string;
  /** Of the whole prompt, template included. */
  readonly ids: readonly number[];
  /** Greedy, without the token that ends the turn. */
  readonly output: readonly number[];
  readonly text: string;
  /** With the weights of the file. */
  readonly float32: Logits;
  /** With matrices rounded to half precision, as the importer stores them. */
  readonly half: Logits;
}
export interface References {
  /** Of every output. */
  readonly maxNewTokens: number;
  readonly sampleIds: readonly number[];
  readonly prompts: readonly Reference[];
}

const fileOf = (id: string) => new URL(`reference/${id}.json`, import.meta.url);

export const readReferences = (id: string): References =>
  JSON.parse(readFileSync(fileOf(id), 'utf8')) as References;
