import type { Behavior } from '../core/behavior.ts';
import { arxiv } from '../core/method.ts';
import { choice, integer, text } from '../core/options.ts';
import { conversation, defineAttack, type MutationContext } from './attack.ts';
import {
  demonstrationForms,
  demonstrationTexts,
  demonstrationsFor,
  thatFit,
  withDemonstrations,
  writtenDemonstrations,
  type Demonstration,
} from './parts/demonstrations.ts';

/** The demonstrations to show, in random order: the user's own if there are any, else those of other behaviors. */
function demonstrationsOf(
  behavior: Behavior,
  { demonstrations, own }: { readonly demonstrations: number; readonly own: string },
  context: MutationContext,
): readonly Demonstration[] {
  const ownDemonstrations = writtenDemonstrations(own, behavior);
  const draws = context.random.fork('demonstrations');
  return ownDemonstrations.length > 0
    ? draws.shuffle(ownDemonstrations).slice(0, demonstrations)
    : demonstrationsFor(behavior, demonstrations, context, draws);
}

/**
 * The in-context attack: a few earlier exchanges in which the assistant complied, then the request. No queries;
 * demonstrations that would leave no room for the answer are left out.
 */
export const ica = defineAttack({
  id: 'ica',
  title: 'In-context attack (ICA)',
  paper: arxiv(
    '2310.06387',
    'Jailbreak and Guard Aligned Language Models with Only Few In-Context Demonstrations',
  ),
  summary: 'Shows a few exchanges in which the assistant complied, then asks.',
  differs:
    'The demonstrations are other behaviors of the plan and their targets, followed by harmless steps, because the ' +
    'lab ships no harmful text; where they are too few, invented ones follow. Provide your own to follow the paper.',
  access: 'black-box',
  needs: [],
  templates: demonstrationTexts,
  options: {
    demonstrations: integer({
      description: 'Number of exchanges to show; the paper uses 1, 5 and 10.',
      default: 5,
      min: 0,
      max: 100,
      unit: 'exchanges',
    }),
    form: choice({
      description: 'Show them as turns of the conversation, or all in one prompt.',
      choices: demonstrationForms,
      default: 'turns',
    }),
    own: text({
      description:
        'Your own exchanges: the question on one line, the answer below it, a blank line between exchanges. Leave empty for those of other behaviors.',
      default: '',
      maxLength: 100_000,
      multiline: true,
    }),
    answerRoom: integer({
      description: 'Tokens of the context window to reserve for the answer.',
      default: 96,
      min: 1,
      max: 4096,
      unit: 'tokens',
    }),
  },
  async *run(behavior, model, options, context) {
    const place = (shown: readonly Demonstration[]) =>
      withDemonstrations(behavior, shown, options.form, context.templates);
    const demonstrations = demonstrationsOf(behavior, options, context);
    const shown = thatFit(model, demonstrations, options.answerRoom, place);
    yield {
      step: 0,
      candidate: conversation(behavior).at(-1)!.content,
      detail: { demonstrations: shown.length, leftOut: demonstrations.length - shown.length },
    };
    return { messages: place(shown), steps: 0 };
  },
  mutate: (behavior, options, context) => ({
    messages: withDemonstrations(
      behavior,
      demonstrationsOf(behavior, options, context),
      options.form,
      context.templates,
    ),
    steps: 0,
  }),
});
