/** @file How the pages sample answers: as in a plan that says nothing, apart from what their forms set. */
import { planSchema } from '../../lab/plan/plan.ts';

export const defaultSampling = planSchema.shape.sampling.parse(undefined);

export const samplingOf = ({ temperature, maxNewTokens }: { temperature: number; maxNewTokens: number }) => ({
  temperature,
  topP: defaultSampling.topP,
  maxNewTokens,
});
