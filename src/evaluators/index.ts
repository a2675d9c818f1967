import { registry } from '../core/method.ts';
import { canaryWritten } from './rules/canary-written.ts';
import { documentTask } from './rules/document-task.ts';
import { patternRefusal } from './rules/pattern-refusal.ts';
import { prefixMatch } from './rules/prefix-match.ts';
import { taskSolved } from './rules/task-solved.ts';
import { tinytownOracle } from './rules/tinytown-oracle.ts';
import { secretLeak } from './secret-leak/secret-leak.ts';

export const evaluators = registry('evaluator', [
  canaryWritten,
  documentTask,
  patternRefusal,
  prefixMatch,
  secretLeak,
  taskSolved,
  tinytownOracle,
]);
