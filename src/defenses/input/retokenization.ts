import { arxiv } from '../../core/method.ts';
import { number } from '../../core/options.ts';
import { createRandom } from '../../core/random.ts';
import { blackBox, defineDefense, withEvent } from '../defense.ts';
import { createDropout } from '../parts/bpe-dropout.ts';
import { aroundModel } from '../parts/taxonomy.ts';

/**
 * Breaks the tokens of the request into smaller ones at random. The text stays as it is; a suffix that was optimized
 * token by token no longer reaches the model as the tokens it was made of.
 * Every user turn is broken up, as it stands after all input defenses.
 */
export const retokenization = defineDefense({
  id: 'retokenization',
  title: 'Retokenization',
  paper: arxiv('2309.00614', 'Baseline Defenses for Adversarial Attacks Against Aligned Language Models'),
  summary: 'Breaks the tokens of the request into smaller ones at random, without changing the text.',
  differs:
    "Unlike in published implementations, merges of the model's own tokenizer are left out, not those " +
    'of another one, so no marks or blanks enter the text; merges are known by the order of the token ' +
    'ids. The default dropout is that of common implementations; the paper compares several.',
  access: 'grey-box',
  stage: 'input',
  needs: [],
  taxonomy: aroundModel,
  options: {
    dropout: number({
      description: 'Share of the merges that are left out; 1 leaves single characters.',
      default: 0.2,
      min: 0,
      max: 1,
    }),
  },
  wrap(model, { dropout }) {
    const { tokenizer } = model;
    const cut = createDropout(tokenizer, dropout);
    return {
      ...blackBox(model, 'retokenization'),
      async generate(messages, request) {
        const random = createRandom(request.seed ?? '0').fork('retokenization');
        // The same text is cut the same way however often it is asked for.
        const pieces = (text: string) => cut(text, random.fork(text));
        const reply = await model.generate(messages, { ...request, pieces });
        const turns = messages.filter(({ role }) => role === 'user');
        const count = (size: (text: string) => number) =>
          turns.reduce((sum, { content }) => sum + size(content), 0);
        const [usual, broken] = [
          count((text) => tokenizer.encode(text).length),
          count((text) => pieces(text).length),
        ];
        return withEvent(
          reply,
          {
            defense: 'retokenization',
            action: broken > usual ? 'edited' : 'passed',
            reason:
              broken > usual
                ? 'The request was broken into smaller tokens.'
                : 'The tokens of the request stayed as they are.',
            detail: { tokensBefore: usual, tokensAfter: broken },
          },
          'start',
        );
      },
    };
  },
});
