/** @file How an answer is sampled unless the user says otherwise: as in a plan that says nothing. */
import { planSchema } from '../../lab/plan/plan.ts';

export const defaultSampling = planSchema.shape.sampling.parse(undefined);
