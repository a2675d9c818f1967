import type { Behavior } from '../core/behavior.ts';
import { disemvowel } from '../core/encodings.ts';
import { arxiv } from '../core/method.ts';
import { boolean, choice } from '../core/options.ts';
import { fillSlots } from '../core/slots.ts';
import { joinedPacks, templateOf, templatePacks, type Templates } from '../core/templates.ts';
import { conversation, defineAttack, type AttackContext } from './attack.ts';
import { splitPayload } from './jailbroken/payload.ts';
import type { AnswerCode } from './parts/answered-in.ts';
import { rewrites } from './parts/attacker/rewrites.ts';
import { base64, leetspeak, rot13 } from '../core/codes.ts';
import { successNeeds, successTakes, variantOptions } from './parts/success/options.ts';
import { judgeTexts } from './parts/success/judge-score.ts';
import { targetOf } from './parts/target.ts';
import { firstAnswered, resultOf, underSystem, type Variant } from './parts/variants.ts';
import compact from './templates/compact/jailbroken.json' with { type: 'json' };
import full from './templates/full/jailbroken.json' with { type: 'json' };

/**
 * Controls ask for the opposite of a variant, or for nothing in particular: they show the effect of wording alone, and are
 * never the result of the search.
 */
const controls = ['prefix-injection-hello', 'refusal-suppression-inv'];
const names = Object.keys(compact);
/** The only variant that another model writes. */
const obfuscated = 'auto-obfuscation';

/** The code that the answer to a variant may come in. */
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
  // This villain is set up in the system prompt; the request stays plain.
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
    if (name !== obfuscated) {
      yield variant(behavior, name, context.templates);
      continue;
    }
    const instruction = fillSlots(templateOf(context.templates, name), { goal: behavior.prompt });
    const rewriting = { ...context, temperature: 1, fidelity: 0 };
    yield* rewrites(behavior, context.role('attacker'), [{ name, instruction }], rewriting);
  }
}

/**
 * Jailbroken: 29 ways of asking that set two aims of training against each other (to help and to refuse), or that
 * safety training did not reach: encodings, forced openings, bans on refusing, styles, distractors, fictions, villains.
 * They are tried in order until one is answered, or all of them, as `stop` says; two controls follow in any case. The
 * result counts what was answered by variant, and the controls apart. Answers to the encoded variants are read raw or
 * decoded, whichever is plain, also by the lab's evaluators: the result names the code.
 */
export const jailbroken = defineAttack({
  id: 'jailbroken',
  title: 'Jailbroken',
  paper: arxiv('2307.02483', 'Jailbroken: How Does LLM Safety Training Fail?'),
  summary: 'Tries encodings, forced openings, styles, distractors and fictions, one after another.',
  differs:
    'The texts are ours, and a forced opening is the target of the behavior itself; payload ' +
    'splitting cuts the content words by rule; obfuscation, a rewording by the attacker, is included ' +
    'only if `obfuscation` is set; the paper has people read the answers.',
  access: 'black-box',
  needs: [],
  needsWhen: {
    ...successNeeds,
    variant: { [obfuscated]: ['attacker'] },
    obfuscation: { true: ['attacker'] },
  },
  takesWhen: successTakes,
  templates: joinedPacks(templatePacks(compact, full), judgeTexts),
  options: {
    variant: choice({
      description: 'The way of asking; "all" tries every way in order on the target.',
      choices: ['all', ...names],
      default: 'all',
    }),
    obfuscation: boolean({
      description: 'Include the variant that the attacker writes among "all".',
      default: false,
    }),
    ...variantOptions,
  },
  async *run(behavior, model, options, context) {
    const variantNames = names.filter(
      (name) => !controls.includes(name) && (options.obfuscation || name !== obfuscated),
    );
    const all = options.variant === 'all';
    const chosen = all ? variantNames : [options.variant];
    const search = {
      ...options,
      fixed: !all,
      controls: all ? controls.map((name) => variant(behavior, name, context.templates)) : [],
    };
    return yield* firstAnswered(behavior, model, variants(behavior, chosen, context), search, context);
  },
  mutate(behavior, { variant: chosen }, { templates }) {
    const name = chosen === 'all' || chosen === obfuscated ? 'prefix-injection' : chosen;
    return { ...resultOf(variant(behavior, name, templates)), steps: 0 };
  },
});
