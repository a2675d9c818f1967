import { registry } from '../core/method.ts';
import { assistantPrefix } from './assistant-prefix.ts';
import { directRequest } from './direct-request.ts';
import { gcg } from './gcg.ts';
import { laa } from './laa.ts';

export const attacks = registry('attack', [assistantPrefix, directRequest, gcg, laa]);
