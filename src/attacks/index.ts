import { registry } from '../core/method.ts';
import { assistantPrefix } from './assistant-prefix.ts';
import { crescendo } from './crescendo.ts';
import { directRequest } from './direct-request.ts';
import { gcg } from './gcg.ts';
import { laa } from './laa.ts';
import { pair } from './pair.ts';
import { tap } from './tap.ts';

export const attacks = registry('attack', [assistantPrefix, crescendo, directRequest, gcg, laa, pair, tap]);
