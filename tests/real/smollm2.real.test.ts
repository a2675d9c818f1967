/** @file SmolLM2-135M-Instruct (Q4_1, byte-level BPE, architecture `llama`) against PyTorch. */
import { checkParity } from './parity.ts';

checkParity('smollm2', {
  inEveryRun: { transformers: { logits: 20, texts: 20 }, whitebox: { logits: 20, texts: 2 } },
});
