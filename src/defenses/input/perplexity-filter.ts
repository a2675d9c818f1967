import { arxiv } from '../../core/method.ts';
import { integer, number } from '../../core/options.ts';
import { userTextLosses } from '../../models/scoring.ts';
import { blackBox, blocked, defineDefense, withEvent } from '../defense.ts';
import { windowedPerplexity } from '../parts/perplexity.ts';
import { aroundModel } from '../parts/taxonomy.ts';

/**
 * Turns away requests that read like gibberish to the target model itself, as optimized suffixes do.
 * The windowed variant of https://arxiv.org/abs/2309.00614; the paper cited here adds a classifier on perplexity and
 * length. Token losses are computed once, in the context of the chat template and the whole message, and windowed after;
 * every user turn is read, each on its own. The default threshold is a starting point: take `calibrateThreshold` of benign prompts
 * scored by the same model.
 */
export const perplexityFilter = defineDefense({
  id: 'perplexity-filter',
  title: 'Perplexity filter',
  paper: arxiv('2308.14132', 'Detecting Language Model Attacks with Perplexity'),
  summary: 'Blocks a request when any stretch of it is too unlikely as text.',
  access: 'grey-box',
  stage: 'input',
  needs: [],
  taxonomy: aroundModel,
  options: {
    window: integer({
      description: 'Length of the stretches whose perplexity is compared.',
      default: 10,
      min: 1,
      max: 1000,
      unit: 'tokens',
    }),
    threshold: number({
      description: 'Perplexity above which a stretch blocks the request.',
      default: 1000,
      min: 1,
      max: 1e12,
    }),
  },
  wrap: (model, { window, threshold }) => ({
    ...blackBox(model, 'perplexity-filter'),
    async generate(messages, options) {
      const turns = messages.filter(({ role }) => role === 'user');
      const losses = await Promise.all(
        turns.map(({ content }) => userTextLosses(model, content, { signal: options.signal })),
      );
      const perplexity = Math.max(0, ...losses.map((values) => windowedPerplexity(values, window) ?? 0));
      const event = { defense: 'perplexity-filter', detail: { perplexity, threshold, window } };
      if (perplexity > threshold)
        return blocked({ ...event, action: 'blocked', reason: 'A stretch of the request is too unlikely.' });
      const reply = await model.generate(messages, options);
      return withEvent(
        reply,
        { ...event, action: 'passed', reason: 'Every stretch of the request is likely enough.' },
        'start',
      );
    },
  }),
});
