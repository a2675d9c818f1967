/** @file A tiny random model for defenses that look inside; its text is numbers. */
import { device } from '../models/whitebox/tiny.ts';
import { user } from '../../src/core/chat.ts';
import type { ContrastPrompts } from '../../src/core/contrast.ts';
import { parseOptions } from '../../src/core/options.ts';
import type { Artifact, Defense } from '../../src/defenses/defense.ts';
import { createWhiteBoxModel } from '../../src/models/runtimes/whitebox/index.ts';
import { stubTokenizer, tinyConfig, tinyWeights } from '../models/whitebox/tiny-model.ts';
import { learning, playing } from './defend.ts';

export const config = tinyConfig({ num_hidden_layers: 3 });
export const createTiny = () =>
  createWhiteBoxModel({
    id: 'tiny',
    device,
    config,
    weights: tinyWeights(config),
    tokenizer: stubTokenizer(config),
  });

/** Harmful requests speak of 30, harmless ones of 9. */
export const contrast: ContrastPrompts = {
  harmful: ['5 30 6', '7 30 8', '30 10 11', '12 13 30', '14 30'],
  harmless: ['5 9 6', '7 9 8', '9 10 11', '12 13 9', '14 9'],
};
export const asked = [user('15 16 30')];

export const prepare = (
  defense: Defense,
  model: ReturnType<typeof createTiny>,
  chosen: Readonly<Record<string, unknown>> = {},
): Promise<Artifact> =>
  defense.prepare!(model, contrast, parseOptions(defense.options, chosen, defense.id), learning('prepare'));

/** The defended model, with an artifact as it would come out of a file. */
export const defendWith = (
  defense: Defense,
  model: ReturnType<typeof createTiny>,
  artifact: Artifact | undefined,
  chosen: Readonly<Record<string, unknown>> = {},
) =>
  defense.wrap(model, parseOptions(defense.options, chosen, defense.id), {
    ...playing({}),
    artifact: artifact && (JSON.parse(JSON.stringify(artifact)) as Artifact),
  });
