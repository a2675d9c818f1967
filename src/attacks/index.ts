import { registry } from '../core/method.ts';
import type { Attack } from './attack.ts';
import { advprompter } from './advprompter.ts';
import { artprompt } from './artprompt.ts';
import { assistantPrefix } from './assistant-prefix.ts';
import { autodan } from './autodan.ts';
import { autodanSeeds } from './autodan-seeds.ts';
import { autodanTurbo } from './autodan-turbo.ts';
import { beast } from './beast.ts';
import { bestOfN } from './best-of-n.ts';
import { cipher } from './cipher.ts';
import { codeChameleon } from './code-chameleon.ts';
import { crescendo } from './crescendo.ts';
import { decodingExploitation } from './decoding-exploitation.ts';
import { deepInception } from './deep-inception.ts';
import { directRequest } from './direct-request.ts';
import { dra } from './dra.ts';
import { embeddingAttack } from './embedding-attack.ts';
import { flipAttack } from './flip-attack.ts';
import { flrt } from './flrt.ts';
import { gcg } from './gcg.ts';
import { gcgUniversal } from './gcg-universal.ts';
import { goat } from './goat.ts';
import { gptfuzzer } from './gptfuzzer.ts';
import { gptfuzzerSeeds } from './gptfuzzer-seeds.ts';
import { ica } from './ica.ts';
import { indirectInjection } from './indirect-injection.ts';
import { jailbroken } from './jailbroken.ts';
import { laa } from './laa.ts';
import { laaTemplate } from './laa-template.ts';
import { manyShot } from './many-shot.ts';
import { multilingual } from './multilingual.ts';
import { pair } from './pair.ts';
import { persuasion } from './persuasion.ts';
import { policyFraming } from './policy-framing.ts';
import { randomSearch } from './random-search.ts';
import { reasoningPrefill } from './reasoning-prefill.ts';
import { refusalAblation } from './refusal-ablation.ts';
import { renellm } from './renellm.ts';
import { resampling } from './resampling.ts';
import { tap } from './tap.ts';
import { tense } from './tense.ts';

export const attacks = registry<Attack>('attack', [
  advprompter,
  artprompt,
  assistantPrefix,
  autodan,
  autodanSeeds,
  autodanTurbo,
  beast,
  bestOfN,
  cipher,
  codeChameleon,
  crescendo,
  decodingExploitation,
  deepInception,
  directRequest,
  dra,
  embeddingAttack,
  flipAttack,
  flrt,
  gcg,
  gcgUniversal,
  goat,
  gptfuzzer,
  gptfuzzerSeeds,
  ica,
  indirectInjection,
  jailbroken,
  laa,
  laaTemplate,
  manyShot,
  multilingual,
  pair,
  persuasion,
  policyFraming,
  randomSearch,
  reasoningPrefill,
  refusalAblation,
  renellm,
  resampling,
  tap,
  tense,
]);
