import { registry } from '../core/method.ts';
import { perplexityFilter } from './input/perplexity-filter.ts';
import { safeDecoding } from './decoding/safe-decoding.ts';
import { selfEvaluation } from './output/self-evaluation.ts';
import { selfReminder } from './input/self-reminder.ts';

export const defenses = registry('defense', [perplexityFilter, safeDecoding, selfEvaluation, selfReminder]);
