import { assistant, user } from '../core/chat.ts';
import { arxiv } from '../core/method.ts';
import { integer } from '../core/options.ts';
import { fillSlots } from '../core/slots.ts';
import { joinedPacks, templateOf, templatePacks, type Templates } from '../core/templates.ts';
import { conversation, defineAttack } from './attack.ts';
import { answerOf } from './parts/ask.ts';
import { proposeOptions } from './parts/attacker/propose-options.ts';
import { createProposer, type Dialogue } from './parts/attacker/propose.ts';
import { judgeTexts } from './parts/success/judge-score.ts';
import {
  claimOfBest,
  hasFullScore,
  rate,
  ratingOptions,
  type RatedAnswer,
} from './parts/success/rated-answer.ts';
import compact from './templates/compact/goat.json' with { type: 'json' };
import full from './templates/full/goat.json' with { type: 'json' };

/** The seven attacks of the toolbox, by their names in the paper and by those of their templates. */
const toolbox = {
  'Refusal Suppression': 'refusal-suppression',
  'Dual Response': 'dual-response',
  'Response Priming': 'response-priming',
  'Persona Modification': 'persona-modification',
  Hypothetical: 'hypothetical',
  'Topic Splitting': 'topic-splitting',
  'Opposite Intent': 'opposite-intent',
} as const;
const techniques = Object.keys(toolbox) as (keyof typeof toolbox)[];

const describe = (technique: keyof typeof toolbox, templates: Templates): string =>
  `${technique}: ${templateOf(templates, toolbox[technique])}`;

/** The attacks of the toolbox that the attacker names in its strategy, or anywhere if it marks none. */
export function namedTechniques(reason = ''): readonly string[] {
  const strategy = /strategy\s*:([\s\S]*)/i.exec(reason)?.[1] ?? reason;
  return techniques.filter((name) => strategy.toLowerCase().includes(name.toLowerCase()));
}

/** A rated answer with the conversation that led to it. */
interface Turn extends RatedAnswer {
  readonly messages: ReturnType<typeof conversation>;
}

/**
 * GOAT, the generative offensive agent tester: an attacker model with a toolbox of seven attacks talks with the target.
 * In every turn it sees its last prompt and the answer to it, and writes an observation, a thought, a strategy, for which
 * it chooses from the toolbox and combines, and a reply, the only part that the target sees. Nothing is taken back.
 * Several conversations are begun from scratch. The result is the conversation up to its best prompt, with the answers
 * that the target gave.
 */
export const goat = defineAttack({
  id: 'goat',
  title: 'GOAT',
  paper: arxiv('2410.01606', 'Automated Red Teaming with GOAT: the Generative Offensive Agent Tester'),
  summary: 'An attacker model with a toolbox of seven attacks adapts to each answer in a conversation.',
  differs:
    'The texts are ours. The attacker writes JSON, in which observation, thought and strategy are three parts of one ' +
    'field. A search ends at the full score of the judge, where the paper judges whole conversations afterwards. A ' +
    'reply that the attacker fails to write uses up a turn; a conversation ends when it no longer fits the target. ' +
    'When nothing succeeds, the turn with the best score is the result, the later of equal ones. Replies that break ' +
    'off and attackers that cannot write JSON are treated as in PAIR; such an attacker is given one attack of the ' +
    'toolbox at random in every turn, and its last prompt with the answer.',
  access: 'black-box',
  needs: ['attacker', 'judge'],
  templates: joinedPacks(templatePacks(compact, full), judgeTexts),
  options: {
    turns: integer({
      description: 'Prompts in a conversation; the paper uses 5.',
      default: 5,
      min: 1,
      max: 20,
      unit: 'turns',
    }),
    conversations: integer({
      description: 'Most conversations, each from scratch; the paper reports up to 10.',
      default: 10,
      min: 1,
      max: 50,
      unit: 'conversations',
    }),
    ...proposeOptions,
    keepLast: integer({
      description: 'Exchanges that the attacker remembers; the paper keeps those of the whole conversation.',
      default: 5,
      min: 1,
      max: 20,
      unit: 'exchanges',
    }),
    ...ratingOptions,
  },
  async *run(behavior, model, options, { random, signal, templates, role, spent }) {
    const [attacker, judge] = [role('attacker'), role('judge')];
    const ratingContext = { model, judge, behavior, options, templates, signal };
    const proposer = createProposer(attacker, options);
    const described = techniques.map((name) => describe(name, templates)).join('\n\n');

    let best = null as Turn | null;
    let step = 0;
    for (let index = 0; index < options.conversations && !spent(); index++) {
      const draw = { signal, random: random.fork(`conversation ${index}`) };
      let dialogue: Dialogue = [];
      let turns = conversation(behavior).slice(0, -1);
      let last: RatedAnswer | null = null;
      for (let turn = 1; turn <= options.turns && !spent(); turn++) {
        signal.throwIfAborted();
        const given = draw.random.pick(techniques);
        const slots = {
          goal: behavior.prompt,
          toolbox: described,
          technique: describe(given, templates),
          prompt: last?.prompt ?? '',
          response: last?.response ?? '',
        };
        const filled = (name: string) => fillSlots(templateOf(templates, name, draw.random), slots);
        const situation = last === null ? 'first' : 'next';
        const briefing = {
          system: filled('system'),
          turn: filled(situation),
          plain: filled(`plain-${situation}`),
          goal: behavior.prompt,
        };
        const outcome = await proposer.propose(dialogue, briefing, draw);
        dialogue = outcome.dialogue;

        step++;
        const { proposal, protocol, form, unreadable } = outcome;
        const detail = { conversation: index, turn, protocol, form, unreadable };
        if (proposal === null) {
          yield { step, detail: { ...detail, response: null, score: null } };
          continue;
        }
        const { prompt, improvement } = proposal;
        const used = protocol === 'plain' ? [given] : namedTechniques(improvement);
        const messages = [...turns, user(prompt)];
        const response = await answerOf(model, messages, { maxNewTokens: options.targetTokens, signal });
        const shown = { ...detail, techniques: used, improvement, response };
        if (response === null) {
          yield { step, candidate: prompt, detail: { ...shown, score: null } };
          break;
        }
        const answer: Turn = { ...(await rate(ratingContext, prompt, response)), messages };
        yield { step, candidate: prompt, detail: { ...shown, score: answer.score } };
        if (best === null || (answer.score ?? 0) >= (best.score ?? 0)) best = answer;
        if (hasFullScore(answer))
          return { messages, steps: step, claimed: true, attacker: proposer.replies() };
        [turns, last] = [[...messages, assistant(response)], answer];
      }
    }
    const messages = best?.messages ?? conversation(behavior);
    return { messages, steps: step, claimed: claimOfBest(best), attacker: proposer.replies() };
  },
});
