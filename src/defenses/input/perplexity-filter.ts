import { arxiv } from '../../core/method.ts';
import { choice, integer, number } from '../../core/options.ts';
import { userTextLosses } from '../../models/scoring.ts';
import { blackBox, blocked, defineDefense, withEvent } from '../defense.ts';
import { windowedPerplexity } from '../parts/perplexity.ts';
import { aroundModel } from '../parts/taxonomy.ts';

/**
 * Turns away requests that read like gibberish to the target model itself, as optimized suffixes do.
 * Stretch by stretch as in https://arxiv.org/abs/2309.00614, or as a whole. Token losses are computed once, in the
 * context of the chat template and the whole message, and windowed after; every user turn is read, each on its own. The
 * default threshold is a starting point: take `calibrateThreshold` of benign prompts scored by the same model.
 */
export const perplexityFilter = defineDefense({
  id: 'perplexity-filter',
  title: 'Perplexity filter',
  paper: arxiv('2308.14132', 'Detecting Language Model Attacks with Perplexity'),
  summary: 'Blocks a request when any stretch of it is too unlikely as text.',
  differs:
    'The paper adds a classifier on perplexity and length; here a threshold decides. Reading stretch by ' +
    'stretch is from another paper, https://arxiv.org/abs/2309.00614.',
  access: 'grey-box',
  stage: 'input',
  needs: [],
  taxonomy: aroundModel,
  options: {
    reads: choice({
      description:
        'What has a perplexity: each stretch, of which the highest counts, or the request as a whole.',
      choices: ['stretches', 'whole'],
      default: 'stretches',
    }),
    window: integer({
      description: 'Length of the stretches.',
      default: 10,
      min: 1,
      max: 1000,
      unit: 'tokens',
    }),
    threshold: number({
      description:
        'Perplexity above which the request is blocked (Jain et al.: the highest of benign requests; AISafetyLab: 300).',
      default: 1000,
      min: 1,
      max: 1e12,
    }),
  },
  wrap: (model, { reads, window, threshold }) => ({
    ...blackBox(model, 'perplexity-filter'),
    async generate(messages, options) {
      const turns = messages.filter(({ role }) => role === 'user');
      const losses = await Promise.all(
        turns.map(({ content }) => userTextLosses(model, content, { signal: options.signal })),
      );
      const size = reads === 'whole' ? Infinity : window;
      const perplexity = Math.max(0, ...losses.map((values) => windowedPerplexity(values, size) ?? 0));
      const scored = losses.filter(({ length }) => length > 0);
      const event = {
        defense: 'perplexity-filter',
        detail: { perplexity, threshold, ...(reads === 'stretches' && { window }) },
        cost: { queries: scored.length, tokens: scored.reduce((sum, { length }) => sum + length, 0) },
      };
      const what = reads === 'whole' ? 'The request as a whole' : 'A stretch of the request';
      if (perplexity > threshold)
        return blocked({ ...event, action: 'blocked', reason: `${what} is too unlikely.` });
      const reply = await model.generate(messages, options);
      return withEvent(
        reply,
        { ...event, action: 'passed', reason: 'The request is likely enough.' },
        'start',
      );
    },
  }),
});
