import type { Behavior } from '../core/behavior.ts';
import { boolean, choice, integer, text } from '../core/options.ts';
import { isScoring } from '../models/language-model.ts';
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
import { fitPowerLaw } from './parts/power-law.ts';
import { crossEntropy, targetBehindThought, targetOf } from './parts/target.ts';

/** The user's own shots in their order, then those of other behaviors. */
function shotsOf(
  behavior: Behavior,
  { shots, own }: { readonly shots: number; readonly own: string },
  context: MutationContext,
): readonly Demonstration[] {
  const ownShots = writtenDemonstrations(own, behavior);
  const further = demonstrationsFor(behavior, shots, context, context.random.fork('shots'));
  return [...ownShots, ...further].slice(0, shots);
}

/** 1, 2, 4, … and `most` itself. */
function doublings(most: number): readonly number[] {
  const counts: number[] = [];
  for (let count = 1; count < most; count *= 2) counts.push(count);
  return most > 0 ? [...counts, most] : [0];
}

/**
 * Many-shot jailbreaking: as many compliant exchanges as the context holds, then the request. With access to log-probs
 * it also measures the loss of the target string for 1, 2, 4, … shots, and fits the power law by which it falls.
 */
export const manyShot = defineAttack({
  id: 'many-shot',
  title: 'Many-shot',
  paper: {
    title: 'Many-shot Jailbreaking',
    url: 'https://www.anthropic.com/research/many-shot-jailbreaking',
  },
  summary: 'Fills the context with exchanges in which the assistant complied, then asks.',
  differs:
    'Small contexts hold few shots; the shots are other behaviors of the plan and their targets, followed by harmless ' +
    'steps, because the lab ships no harmful text, and invented ones where they are too few; the law has no constant ' +
    'term.' +
    targetBehindThought,
  access: 'black-box',
  needs: [],
  templates: demonstrationTexts,
  options: {
    shots: integer({
      description: 'Most exchanges to show; the paper goes up to 256.',
      default: 64,
      min: 0,
      max: 512,
      unit: 'exchanges',
    }),
    form: choice({
      description: 'Show them as turns of the conversation, or all in one prompt.',
      choices: demonstrationForms,
      default: 'turns',
    }),
    curve: boolean({
      description:
        'Measure how the loss of the target falls with the number of shots, if the model gives log-probs.',
      default: true,
    }),
    own: text({
      description:
        'Your own exchanges: the question on one line, the answer below it, a blank line between exchanges. Those of other behaviors follow them.',
      default: '',
      maxLength: 1_000_000,
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
    const allShots = shotsOf(behavior, options, context);
    const shown = thatFit(model, allShots, options.answerRoom, place);
    const candidate = conversation(behavior).at(-1)!.content;
    const messages = place(shown);
    if (!(options.curve && isScoring(model))) {
      yield { step: 0, candidate, detail: { shots: shown.length, leftOut: allShots.length - shown.length } };
      return { messages, steps: 0 };
    }
    const target = model.tokenizer.encode(targetOf(behavior));
    const points: [number, number][] = [];
    for (const shots of doublings(shown.length)) {
      context.signal.throwIfAborted();
      const prompt = model.tokenizer.prompt(place(shown.slice(0, shots)), { atAnswer: true });
      const [logProbs] = await model.logProbs([{ prompt, target }], { signal: context.signal });
      const loss = crossEntropy(logProbs!);
      points.push([shots, loss]);
      const law = fitPowerLaw(points);
      yield {
        step: points.length - 1,
        candidate,
        loss,
        bestLoss: Math.min(...points.map(([, each]) => each)),
        detail: { shots, leftOut: allShots.length - shown.length, ...(law && { law: { ...law } }) },
      };
    }
    return { messages, loss: points.at(-1)![1], steps: points.length };
  },
  mutate: (behavior, options, context) => ({
    messages: withDemonstrations(
      behavior,
      shotsOf(behavior, options, context),
      options.form,
      context.templates,
    ),
    steps: 0,
  }),
});
