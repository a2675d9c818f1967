import { registry } from '../core/method.ts';
import type { Evaluator } from './evaluator.ts';
import { classification } from './classifiers/classification.ts';
import { graniteGuardian } from './judges/granite-guardian.ts';
import { harmbenchClassifier } from './judges/harmbench-classifier.ts';
import { llamaGuard } from './judges/llama-guard.ts';
import { overRefusal } from './judges/over-refusal.ts';
import { promptedFinetuning } from './judges/prompted-finetuning.ts';
import { promptedPair } from './judges/prompted-pair.ts';
import { promptedShieldLm } from './judges/prompted-shield-lm.ts';
import { promptedTap } from './judges/prompted-tap.ts';
import { qwen3Guard } from './judges/qwen3-guard.ts';
import { reasoningShield } from './judges/reasoning-shield.ts';
import { shieldGemma } from './judges/shield-gemma.ts';
import { shieldLm } from './judges/shield-lm.ts';
import { strongReject } from './judges/strong-reject.ts';
import { wildGuard } from './judges/wild-guard.ts';
import { yesNoJudge } from './judges/yes-no-judge.ts';
import { canaryWritten } from './rules/canary-written.ts';
import { documentTask } from './rules/document-task.ts';
import { emptinessGate } from './rules/emptiness-gate.ts';
import { ensemble } from './rules/ensemble.ts';
import { gibberishGate } from './rules/gibberish-gate.ts';
import { patternRefusal } from './rules/pattern-refusal.ts';
import { person } from './rules/person.ts';
import { prefixMatch } from './rules/prefix-match.ts';
import { taskSolved } from './rules/task-solved.ts';
import { tinytownOracle } from './rules/tinytown-oracle.ts';
import { secretLeak } from './secret-leak/secret-leak.ts';

export const evaluators = registry<Evaluator>('evaluator', [
  canaryWritten,
  classification,
  documentTask,
  emptinessGate,
  ensemble,
  gibberishGate,
  graniteGuardian,
  harmbenchClassifier,
  llamaGuard,
  overRefusal,
  patternRefusal,
  person,
  prefixMatch,
  promptedFinetuning,
  promptedPair,
  promptedShieldLm,
  promptedTap,
  qwen3Guard,
  reasoningShield,
  secretLeak,
  shieldGemma,
  shieldLm,
  strongReject,
  taskSolved,
  tinytownOracle,
  wildGuard,
  yesNoJudge,
]);
