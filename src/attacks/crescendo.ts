import { assistant, user } from '../core/chat.ts';
import { arxiv } from '../core/method.ts';
import { integer } from '../core/options.ts';
import { fillSlots } from '../core/slots.ts';
import { templateOf } from '../core/templates.ts';
import { conversation, defineAttack } from './attack.ts';
import { answerOf } from './parts/ask.ts';
import { attemptOptions, claimOf, rate, succeeded, type Attempt } from './parts/attempt.ts';
import { judgeTexts } from './parts/judge-score.ts';
import { propose, proposeOptions, startDialogue } from './parts/propose.ts';
import { labelReply } from './parts/refusal.ts';
import texts from './templates/crescendo.json' with { type: 'json' };

/** An attempt with the conversation that led to it. */
interface Turn extends Attempt {
  readonly messages: ReturnType<typeof conversation>;
}

/**
 * A conversation that starts harmless and goes on in small steps: an attacker model writes each question from the
 * goal and the last answer. A refused question is taken back out of the conversation and asked in other words.
 * The result is the conversation up to its last question, with the answers that the target gave on the way.
 */
export const crescendo = defineAttack({
  id: 'crescendo',
  title: 'Crescendo',
  paper: arxiv(
    '2404.01833',
    'Great, Now Write an Article About That: The Crescendo Multi-Turn LLM Jailbreak Attack',
  ),
  summary: 'Leads a conversation to the request in small steps, and takes back what was refused.',
  differs:
    "The paper's runs have 10 turns and 10 backtracks, and up to 10 conversations; ours fit small " +
    'context windows. Here a question that the attacker fails to give uses up a backtrack; refusals are ' +
    'recognized by their common phrases, not by a judge; a conversation that the target has no more ' +
    'room for ends there; when nothing succeeds, the best rated turn is the result, the later of equal ' +
    'ones.',
  access: 'black-box',
  needs: ['attacker', 'judge'],
  templates: { ...texts, ...judgeTexts },
  options: {
    turns: integer({
      description: 'Most answered questions of a conversation; the paper has 10.',
      default: 4,
      min: 1,
      max: 20,
      unit: 'turns',
    }),
    backtracks: integer({
      description: 'Refused questions that a conversation may take back; the paper has 10.',
      default: 4,
      min: 0,
      max: 50,
      unit: 'questions',
    }),
    restarts: integer({
      description: 'Further conversations when one ends without success; the paper has 9.',
      default: 1,
      min: 0,
      max: 20,
      unit: 'conversations',
    }),
    ...proposeOptions,
    ...attemptOptions,
  },
  async *run(behavior, model, options, { random, signal, templates, role }) {
    const [attacker, judge] = [role('attacker'), role('judge')];
    const trying = { model, judge, behavior, options, templates, signal };
    const opening = conversation(behavior).slice(0, -1);

    let best = null as Turn | null;
    let step = 0;
    for (let restart = 0; restart <= options.restarts; restart++) {
      const context = { options, signal, random: random.fork(`conversation ${restart}`) };
      let dialogue = startDialogue(options);
      let talk = opening;
      let last: Attempt | null = null;
      let refused: string | null = null;
      let backtracks = 0;
      for (let turn = 1; turn <= options.turns;) {
        signal.throwIfAborted();
        const slots = {
          goal: behavior.prompt,
          response: last?.response ?? '',
          score: String(last?.score ?? 'unknown'),
          prompt: refused ?? '',
          turn: String(turn),
          turns: String(options.turns),
        };
        const say = (name: string) => fillSlots(templateOf(templates, name, context.random), slots);
        const situation = refused !== null ? 'refused' : last === null ? 'first' : 'next';
        const briefing = { system: say('system'), turn: say(situation), plain: say(`plain-${situation}`) };
        const proposed = await propose(attacker, dialogue, briefing, context);
        dialogue = proposed.dialogue;

        step++;
        const { proposal, unreadable } = proposed;
        const detail = { restart, turn, unreadable, protocol: dialogue.plain ? 'plain' : 'json' };
        if (proposal === null) {
          yield { step, detail: { ...detail, response: null, score: null, backtracked: false } };
          if (backtracks++ === options.backtracks) break;
          continue;
        }
        const { prompt } = proposal;
        const messages = [...talk, user(prompt)];
        const response = await answerOf(model, messages, { maxNewTokens: options.targetTokens, signal });
        if (response === null || labelReply(response) !== 'answered') {
          const backtracked = response !== null && backtracks < options.backtracks;
          yield { step, candidate: prompt, detail: { ...detail, response, score: null, backtracked } };
          if (!backtracked) break;
          backtracks++;
          refused = prompt;
          continue;
        }
        const attempt: Turn = { ...(await rate(trying, prompt, response)), messages };
        const { score } = attempt;
        yield { step, candidate: prompt, detail: { ...detail, response, score, backtracked: false } };
        if (best === null || (score ?? 0) >= (best.score ?? 0)) best = attempt;
        if (succeeded(attempt)) return { messages, steps: step, claimed: true };
        [talk, last, refused] = [[...messages, assistant(response)], attempt, null];
        turn++;
      }
    }
    return { messages: best?.messages ?? conversation(behavior), steps: step, claimed: claimOf(best) };
  },
});
