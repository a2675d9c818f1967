import type { Behavior } from '../core/behavior.ts';
import { disemvowel } from '../core/encodings.ts';
import { arxiv } from '../core/method.ts';
import { boolean, choice } from '../core/options.ts';
import { fillSlots } from '../core/slots.ts';
import { templateOf, type Templates } from '../core/templates.ts';
import { conversation, defineAttack, type AttackContext } from './attack.ts';
import type { AnswerCode } from './parts/answer-codes.ts';
import { base64, leetspeak, rot13 } from './parts/encodings.ts';
import { judgeTexts } from './parts/judge-score.ts';
import { splitPayload } from './parts/payload.ts';
import { rewrites } from './parts/rewrites.ts';
import { targetOf } from './parts/target.ts';
import {
  firstAnswered,
  resultOf,
  trialNeeds,
  trialOptions,
  underSystem,
  type Variant,
} from './parts/variants.ts';
import texts from './templates/jailbroken.json' with { type: 'json' };

/** Controls ask for the opposite of their twin, or for nothing in particular: they show what the wording alone does. */
const controls = ['prefix-injection-hello', 'refusal-suppression-inv'];
const names = Object.keys(texts);
/** The only variant that another model words. */
const reworded = 'auto-obfuscation';

/** The code in which a variant may be answered. */
function codeOf(name: string): AnswerCode | undefined {
  if (/base64|combination/.test(name)) return 'base64';
  return name === 'rot13' || name === 'leetspeak' ? name : undefined;
}

function variant(behavior: Behavior, name: string, templates: Templates): Variant {
  const { prompt: goal } = behavior;
  const { pieces, rest } = splitPayload(goal);
  const text = fillSlots(templateOf(templates, name), {
    goal,
    target: targetOf(behavior),
    base64: base64.encode(goal),
    rot13: rot13.encode(goal),
    disemvowelled: disemvowel(goal),
    leetspeak: leetspeak.encode(goal),
    pieces,
    rest,
  });
  // A villain may also be set up in the system prompt; the request then stays as it is.
  const messages =
    name === 'evil-system-prompt' ? underSystem(conversation(behavior), text) : conversation(behavior, text);
  const code = codeOf(name);
  return { name, messages, ...(code && { answeredIn: code }) };
}

async function* variants(
  behavior: Behavior,
  chosen: readonly string[],
  context: AttackContext,
): AsyncGenerator<Variant, void> {
  for (const name of chosen) {
    if (name !== reworded) {
      yield variant(behavior, name, context.templates);
      continue;
    }
    const instruction = fillSlots(templateOf(context.templates, name), { goal: behavior.prompt });
    const writing = { ...context, temperature: 1, fidelity: 0 };
    yield* rewrites(behavior, context.role('attacker'), [{ name, instruction }], writing);
  }
}

/**
 * Jailbroken: 29 ways of asking that set two aims of training against each other (help or refuse), or that safety
 * training did not reach: encodings, forced openings, bans on refusing, styles, distractors, fictions and villains.
 * Tried in order until one is answered; two controls come last. Answers to the encoded variants are read as they
 * came and decoded, by the lab's evaluators as well: the result names the code.
 */
export const jailbroken = defineAttack({
  id: 'jailbroken',
  title: 'Jailbroken',
  paper: arxiv('2307.02483', 'Jailbroken: How Does LLM Safety Training Fail?'),
  summary: 'Tries encodings, forced openings, styles, distractors and fictions, one after the other.',
  differs:
    'The texts are ours and short, and a forced opening is the target of the behavior itself; payload ' +
    'splitting cuts the telling words itself, by rule; obfuscation, a rewording by the attacker, is ' +
    'among them only on request; no judge is asked unless `success` says so.',
  access: 'black-box',
  needs: [],
  needsWhen: { ...trialNeeds, variant: { [reworded]: ['attacker'] }, obfuscation: { true: ['attacker'] } },
  templates: { ...texts, ...judgeTexts },
  options: {
    variant: choice({
      description: 'The way of asking; "all" tries them in order on the target.',
      choices: ['all', ...names],
      default: 'all',
    }),
    obfuscation: boolean({
      description: 'Among all ways, also the one that the attacker words.',
      default: false,
    }),
    ...trialOptions,
  },
  async *run(behavior, model, options, context) {
    const wanted = names.filter(
      (name) => !controls.includes(name) && (options.obfuscation || name !== reworded),
    );
    const all = options.variant === 'all';
    const chosen = all ? [...wanted, ...controls] : [options.variant];
    return yield* firstAnswered(
      behavior,
      model,
      variants(behavior, chosen, context),
      { ...options, fixed: !all },
      context,
    );
  },
  mutate(behavior, { variant: wanted }, { templates }) {
    const name = wanted === 'all' || wanted === reworded ? 'prefix-injection' : wanted;
    return { ...resultOf(variant(behavior, name, templates)), steps: 0 };
  },
});
