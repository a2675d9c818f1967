import { expect, test } from 'vitest';
import { ggufName, interleaveHeads } from '../../bench/tinytown-gguf.ts';

test('halves of each head become neighbours, head by head', () => {
  // Two heads of four rows, each row one number wide.
  const rows = Float32Array.of(0, 1, 2, 3, 10, 11, 12, 13);
  expect([...interleaveHeads(rows, 2, 4)]).toEqual([0, 2, 1, 3, 10, 12, 11, 13]);
});

test('names of weights are those of llama.cpp, and an unknown one is refused', () => {
  expect(ggufName('model.layers.3.self_attn.q_proj.weight')).toBe('blk.3.attn_q.weight');
  expect(ggufName('model.embed_tokens.weight')).toBe('token_embd.weight');
  expect(() => ggufName('model.layers.3.self_attn.q_proj.bias')).toThrow('no name in GGUF');
});
