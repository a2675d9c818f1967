import { registry } from '../core/method.ts';
import { abliteration } from './abliteration.ts';
import { circuitBreakers } from './circuit-breakers.ts';
import { deepAlignment } from './deep-alignment.ts';
import { dpo } from './dpo.ts';
import { harmfulFinetuning } from './harmful-finetuning.ts';
import { latentAdversarial } from './latent-adversarial.ts';
import { npo } from './npo.ts';
import { rmu } from './rmu.ts';
import { safeRlhf } from './safe-rlhf.ts';
import { safeTuning } from './safe-tuning.ts';
import { safeUnlearning } from './safe-unlearning.ts';
import { simpo } from './simpo.ts';

export const finetunings = registry('fine-tuning method', [
  abliteration,
  circuitBreakers,
  deepAlignment,
  dpo,
  harmfulFinetuning,
  latentAdversarial,
  npo,
  rmu,
  safeRlhf,
  safeTuning,
  safeUnlearning,
  simpo,
]);
