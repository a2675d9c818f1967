/** @file SmolLM2-135M-Instruct (Q4_1, byte-level BPE, architecture `llama`) against PyTorch. */
import { user } from '../../src/core/chat.ts';
import { checkParity } from './parity.ts';

checkParity('smollm2', {
  idsOf: ({ tokenizer }, prompt) => tokenizer.prompt([user(prompt)]),
  ends: [2],
  whiteBoxTexts: 2,
});
