import { registry } from '../core/method.ts';
import { eraseAndCheck } from './decoding/erase-and-check.ts';
import { perplexityFilter } from './input/perplexity-filter.ts';
import { raLlm } from './decoding/ra-llm.ts';
import { rose } from './decoding/rose.ts';
import { safeDecoding } from './decoding/safe-decoding.ts';
import { selfEvaluation } from './output/self-evaluation.ts';
import { selfReminder } from './input/self-reminder.ts';
import { smoothLlm } from './decoding/smooth-llm.ts';

export const defenses = registry('defense', [
  eraseAndCheck,
  perplexityFilter,
  raLlm,
  rose,
  safeDecoding,
  selfEvaluation,
  selfReminder,
  smoothLlm,
]);
