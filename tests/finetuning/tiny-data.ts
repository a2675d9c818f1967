/** @file A tiny model whose text is ids in decimal, and data for it. For tests of fine-tuning. */
import { user } from '../../src/core/chat.ts';
import type { TrainingData } from '../../src/core/training-data.ts';
import { createWhiteBoxModel } from '../../src/models/runtimes/whitebox/index.ts';
import { device, stubTokenizer, tinyConfig, tinyWeights } from '../models/whitebox/tiny.ts';

export { device };
export const config = tinyConfig({ num_hidden_layers: 4 });

export const createModel = () =>
  createWhiteBoxModel({
    id: 'tiny',
    device,
    config,
    weights: tinyWeights(config),
    tokenizer: stubTokenizer(config),
  });

const prompt = (text: string) => [user(text)];

export const data: TrainingData = {
  benign: [
    { prompt: prompt('10 11'), answer: '12 13' },
    { prompt: prompt('14 15 16'), answer: '17 18 19' },
    { prompt: prompt('11'), answer: '20' },
  ],
  requests: [
    { prompt: prompt('30 31'), safe: ['5 6', '5 7'], harmful: ['32 33 34', '33 34'] },
    { prompt: prompt('30 35'), safe: ['5 6'], harmful: ['34 35 36'] },
  ],
  preferences: [
    { prompt: prompt('30 31'), chosen: '5 6', rejected: '32 33 34' },
    { prompt: prompt('30 35'), chosen: '5 6 7', rejected: '34' },
    { prompt: prompt('10 11'), chosen: '12 13', rejected: '5' },
  ],
};
