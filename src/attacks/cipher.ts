import type { Behavior } from '../core/behavior.ts';
import { arxiv } from '../core/method.ts';
import { choice, integer } from '../core/options.ts';
import type { Random } from '../core/random.ts';
import { fillSlots } from '../core/slots.ts';
import { joinedPacks, templateOf, templatePacks, type Templates } from '../core/templates.ts';
import { conversation, defineAttack } from './attack.ts';
import { answerCodes, type AnswerCode } from './parts/answered-in.ts';
import { successNeeds, successTakes, variantOptions } from './parts/success/options.ts';
import { judgeTexts } from './parts/success/judge-score.ts';
import { firstAnswered, resultOf, underSystem, type Variant } from './parts/variants.ts';
import compact from './templates/compact/cipher.json' with { type: 'json' };
import full from './templates/full/cipher.json' with { type: 'json' };

/** The plain request to a plain assistant: a control, never the result of the search. */
const control = 'baseline';
const codes = ['caesar', 'atbash', 'morse', 'ascii', 'unicode', 'utf', 'gbk'] as const satisfies AnswerCode[];
/** In the second the request is plain, and only said to be in a cipher. */
const names = [control, 'selfcipher', ...codes] as const;
type CipherName = (typeof names)[number];

const codeOf = (name: CipherName) => codes.find((code) => code === name);
const encode = (text: string, name: CipherName): string => {
  const code = codeOf(name);
  return code ? answerCodes[code].encode(text) : text;
};

interface VariantContext {
  readonly templates: Templates;
  readonly demonstrations: number;
  readonly random: Random;
}

function variant(
  behavior: Behavior,
  name: CipherName,
  { templates, demonstrations, random }: VariantContext,
): Variant {
  const messages = conversation(behavior, encode(behavior.prompt, name));
  if (name === control) return { name, messages: underSystem(messages, templateOf(templates, name)) };
  const pool = random.fork('demonstrations').shuffle(templates['demonstration'] ?? []);
  const examples = pool.slice(0, demonstrations).map((text, i) => `${i + 1}. ${encode(text, name)}`);
  const guide = templateOf(templates, name);
  const frame = templateOf(templates, examples.length > 0 ? 'expert' : 'expert-without-examples');
  const code = codeOf(name);
  return {
    name,
    messages: underSystem(messages, fillSlots(frame, { guide, examples: examples.join('\n') })),
    ...(code && { answeredIn: code }),
  };
}

/** All that ask in a cipher or claim to, without those that leave the request as it is. */
const usefulCiphers = ({ prompt }: Behavior): readonly CipherName[] => [
  'selfcipher',
  ...codes.filter((code) => encode(prompt, code) !== prompt),
];

/**
 * CipherChat: the system prompt says that the whole conversation is in a cipher and shows a few lines of it; the request
 * follows in that cipher. Answers are read both raw and decoded, also by the lab's evaluators: the result names the
 * cipher.
 */
export const cipher = defineAttack({
  id: 'cipher',
  title: 'Cipher chat',
  paper: arxiv('2308.06463', 'GPT-4 Is Too Smart To Be Safe: Stealthy Chat with LLMs via Cipher'),
  summary: 'Asks in a cipher that safety training may not have covered.',
  differs:
    'The texts are ours; the demonstrations are harmless, because the lab ships no harmful text; the compact texts ' +
    'have no table of Morse code; of several ciphers ' +
    'the first that is answered is kept, the baseline without a cipher is counted apart, and those that leave the request unchanged (the three escapes ' +
    'on ASCII text) are skipped.',
  access: 'black-box',
  needs: [],
  needsWhen: successNeeds,
  takesWhen: successTakes,
  templates: joinedPacks(templatePacks(compact, full), judgeTexts),
  options: {
    cipher: choice({
      description: 'The cipher; "all" tries them in order on the target.',
      choices: ['all', ...names],
      default: 'all',
    }),
    demonstrations: integer({
      description: 'Example lines in the cipher.',
      default: 3,
      min: 0,
      max: 16,
      unit: 'lines',
    }),
    ...variantOptions,
  },
  async *run(behavior, model, options, context) {
    const all = options.cipher === 'all';
    const variantContext = { ...context, demonstrations: options.demonstrations };
    const variants = (chosen: readonly CipherName[]) =>
      chosen.map((name) => variant(behavior, name, variantContext));
    const search = { ...options, fixed: !all, controls: variants(all ? [control] : []) };
    const chosen = all ? usefulCiphers(behavior) : [options.cipher];
    return yield* firstAnswered(behavior, model, variants(chosen), search, context);
  },
  mutate(behavior, { cipher: name, demonstrations }, { random, templates }) {
    const chosen = name === 'all' ? 'caesar' : name;
    return { ...resultOf(variant(behavior, chosen, { templates, random, demonstrations })), steps: 0 };
  },
});
