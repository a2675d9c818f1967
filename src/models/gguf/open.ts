/** @file Opens a model in a GGUF file as a checkpoint: its header is read and checked, its tensors when they are asked for. */
import type { Checkpoint } from '../import/checkpoint.ts';
import { architectureOf } from './architectures.ts';
import { configOf } from './config.ts';
import { readHeader } from './header.ts';
import { rejecting, type Reject } from './reject.ts';
import { orderShards } from './shards.ts';
import { checkpointTensor, decode, namedTensors, type StoredTensor } from './tensors.ts';
import { readTokenizer } from './tokenizer/read.ts';

/**
 * @param file one file, or all parts of a model that was split
 * @throws LabError 'bad-model' with the place and the reason if this is no usable GGUF file, its architecture or a type
 *   of its tensors cannot be read here, its tokenizer splits text by an unknown rule, or parts are missing
 */
export async function openGguf(file: Blob | readonly Blob[]): Promise<Checkpoint> {
  const files = file instanceof Blob ? [file] : file;
  const name = nameOf(files[0]) ?? 'The file';
  const reject = rejecting(name);
  if (files.length === 0) return reject('no file was given');
  const read = await Promise.all(
    files.map(async (part) => ({ file: part, header: await readHeader(part, nameOf(part) ?? name) })),
  );
  const shards = orderShards(read, reject);
  const { metadata } = shards[0].header;
  const architecture = architectureOf(metadata, reject);
  const stored = shards.flatMap(({ file, header }) => header.tensors.map((tensor) => ({ ...tensor, file })));
  const named = namedTensors(stored, architecture, reject);
  const embedding = named.get('model.embed_tokens.weight') ?? reject('it has no tensor "token_embd.weight"');
  const config = configOf(
    metadata,
    architecture,
    {
      vocabularySize: embedding.shape[0]!,
      hasHead: named.has('lm_head.weight'),
      hasAttentionBias: named.has('model.layers.0.self_attn.q_proj.bias'),
      ropeFactors: await ropeFactorsOf(stored, reject),
    },
    reject,
  );
  const heads = { queries: config.num_attention_heads, keys: config.num_key_value_heads };
  return {
    title: metadata.text('general.name') ?? name.replace(/\.gguf$/i, ''),
    license: metadata.text('general.license'),
    config,
    ...readTokenizer(metadata, architecture, embedding.shape[0]!, reject),
    tensors: new Map(
      [...named].map(([hfName, tensor]) => [
        hfName,
        checkpointTensor(hfName, tensor, architecture, heads, reject),
      ]),
    ),
  };
}

const nameOf = (file: Blob | undefined): string | null => (file instanceof File ? file.name : null);

const mostFactors = 4096;

async function ropeFactorsOf(stored: readonly StoredTensor[], reject: Reject): Promise<Float32Array | null> {
  const tensor = stored.find(({ name }) => name === 'rope_freqs.weight');
  if (tensor === undefined) return null;
  if (tensor.type !== 0 || tensor.shape.length !== 1 || tensor.shape[0]! > mostFactors)
    return reject('"rope_freqs.weight" is not a list of float32 numbers');
  return decode(tensor);
}
