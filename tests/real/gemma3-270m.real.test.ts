/** @file Gemma 3 270M (K-quants, SentencePiece, architecture `gemma3`), which continues text, against PyTorch. */
import { checkParity } from './parity.ts';

checkParity('gemma3-270m', { inEveryRun: { transformers: { logits: 6, texts: 2 } } });
