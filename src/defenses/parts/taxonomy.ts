/** @file Labels of the mitigation taxonomy: what is changed, how, at which life-cycle stage, by whom, to which end. */

const guardrail = ['Guardrails & Filtering', 'Build and Use Model', 'Developer', 'Manage'] as const;

/** Acts around the model and leaves it as it is. */
export const aroundModel: readonly string[] = ['Non-Model', ...guardrail];

/** Acts on what the model computes while it answers. */
export const withinModel: readonly string[] = ['Model', ...guardrail];
