import { registry } from '../core/method.ts';
import type { Defense } from './defense.ts';
import { aligner } from './output/aligner.ts';
import { alignmentDepth } from './decoding/alignment-depth.ts';
import { backtracking } from './decoding/backtracking.ts';
import { conditionalSteering } from './decoding/conditional-steering.ts';
import { dro } from './decoding/dro.ts';
import { eraseAndCheck } from './decoding/erase-and-check.ts';
import { goalPriority } from './input/goal-priority.ts';
import { gradSafe } from './input/grad-safe.ts';
import { gradientCuff } from './decoding/gradient-cuff.ts';
import { icd } from './input/icd.ts';
import { injectionGuard } from './input/injection-guard.ts';
import { linearProbe } from './input/linear-probe.ts';
import { outputGuard } from './output/output-guard.ts';
import { paraphrase } from './input/paraphrase.ts';
import { parden } from './output/parden.ts';
import { perplexityFilter } from './input/perplexity-filter.ts';
import { promptGuard } from './input/prompt-guard.ts';
import { raLlm } from './decoding/ra-llm.ts';
import { retokenization } from './input/retokenization.ts';
import { rose } from './decoding/rose.ts';
import { safeDecoding } from './decoding/safe-decoding.ts';
import { sandwich } from './input/sandwich.ts';
import { selfDefend } from './input/self-defend.ts';
import { selfEvaluation } from './output/self-evaluation.ts';
import { selfReminder } from './input/self-reminder.ts';
import { smoothLlm } from './decoding/smooth-llm.ts';
import { spotlighting } from './input/spotlighting.ts';
import { steering } from './decoding/steering.ts';
import { streamingGuard } from './output/streaming-guard.ts';
import { tokenHighlighter } from './decoding/token-highlighter.ts';

export const defenses = registry<Defense>('defense', [
  aligner,
  alignmentDepth,
  backtracking,
  conditionalSteering,
  dro,
  eraseAndCheck,
  goalPriority,
  gradSafe,
  gradientCuff,
  icd,
  injectionGuard,
  linearProbe,
  outputGuard,
  paraphrase,
  parden,
  perplexityFilter,
  promptGuard,
  raLlm,
  retokenization,
  rose,
  safeDecoding,
  sandwich,
  selfDefend,
  selfEvaluation,
  selfReminder,
  smoothLlm,
  spotlighting,
  steering,
  streamingGuard,
  tokenHighlighter,
]);
