/** @file How the pages sample answers: as a plan does by default, apart from what their forms set. */
import { defaultSampling } from '../../lab/plan/plan.ts';

export const samplingOf = ({ temperature, maxNewTokens }: { temperature: number; maxNewTokens: number }) => ({
  temperature,
  topP: defaultSampling.topP,
  maxNewTokens,
});
