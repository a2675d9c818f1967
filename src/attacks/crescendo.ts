import { assistant, user } from '../core/chat.ts';
import { arxiv } from '../core/method.ts';
import { integer } from '../core/options.ts';
import { fillSlots } from '../core/slots.ts';
import { templateOf } from '../core/templates.ts';
import { conversation, defineAttack } from './attack.ts';
import { answerOf } from './parts/ask.ts';
import { propose, proposeOptions, startDialogue } from './parts/attacker/propose.ts';
import { judgeTexts } from './parts/success/judge-score.ts';
import {
  claimOfBest,
  hasFullScore,
  rate,
  ratingOptions,
  type RatedAnswer,
} from './parts/success/rated-answer.ts';
import { verdictByWords } from './parts/success/verdict.ts';
import texts from './templates/crescendo.json' with { type: 'json' };

/** A rated answer with the conversation that led to it. */
interface Turn extends RatedAnswer {
  readonly messages: ReturnType<typeof conversation>;
}

/**
 * Crescendo: a conversation that starts harmless and proceeds in small steps. An attacker model writes each question
 * from the goal and the last answer. A refused question is removed from the conversation and asked in other words.
 * The result is the conversation up to its last question, with the answers that the target gave.
 */
export const crescendo = defineAttack({
  id: 'crescendo',
  title: 'Crescendo',
  paper: arxiv(
    '2404.01833',
    'Great, Now Write an Article About That: The Crescendo Multi-Turn LLM Jailbreak Attack',
  ),
  summary: 'Leads a conversation to the request in small steps, and backtracks when refused.',
  differs:
    "The paper's runs have 10 turns and 10 backtracks, and up to 10 conversations; ours fit small " +
    'context windows. Here a question that the attacker fails to write uses up a backtrack; refusals are ' +
    'recognized by their common phrases, not by a judge; a conversation ends when it no longer fits the ' +
    'target; when nothing succeeds, the turn with the best score is the result, the later of equal ones.',
  access: 'black-box',
  needs: ['attacker', 'judge'],
  templates: { ...texts, ...judgeTexts },
  options: {
    turns: integer({
      description: 'Most answered questions in a conversation; the paper uses 10.',
      default: 4,
      min: 1,
      max: 20,
      unit: 'turns',
    }),
    backtracks: integer({
      description: 'Most refused questions that a conversation may remove; the paper uses 10.',
      default: 4,
      min: 0,
      max: 50,
      unit: 'questions',
    }),
    restarts: integer({
      description: 'Further conversations after one without success; the paper uses 9.',
      default: 1,
      min: 0,
      max: 20,
      unit: 'conversations',
    }),
    ...proposeOptions,
    ...ratingOptions,
  },
  async *run(behavior, model, options, { random, signal, templates, role }) {
    const [attacker, judge] = [role('attacker'), role('judge')];
    const ratingContext = { model, judge, behavior, options, templates, signal };
    const opening = conversation(behavior).slice(0, -1);

    let best = null as Turn | null;
    let step = 0;
    for (let restart = 0; restart <= options.restarts; restart++) {
      const context = { options, signal, random: random.fork(`conversation ${restart}`) };
      let dialogue = startDialogue(options);
      let turns = opening;
      let last: RatedAnswer | null = null;
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
        const filled = (name: string) => fillSlots(templateOf(templates, name, context.random), slots);
        const situation = refused !== null ? 'refused' : last === null ? 'first' : 'next';
        const briefing = {
          system: filled('system'),
          turn: filled(situation),
          plain: filled(`plain-${situation}`),
        };
        const outcome = await propose(attacker, dialogue, briefing, context);
        dialogue = outcome.dialogue;

        step++;
        const { proposal, unreadable } = outcome;
        const detail = { restart, turn, unreadable, protocol: dialogue.plain ? 'plain' : 'json' };
        if (proposal === null) {
          yield { step, detail: { ...detail, response: null, score: null, backtracked: false } };
          if (backtracks++ === options.backtracks) break;
          continue;
        }
        const { prompt } = proposal;
        const messages = [...turns, user(prompt)];
        const response = await answerOf(model, messages, { maxNewTokens: options.targetTokens, signal });
        if (response === null || verdictByWords(response) !== 'answered') {
          const backtracked = response !== null && backtracks < options.backtracks;
          yield { step, candidate: prompt, detail: { ...detail, response, score: null, backtracked } };
          if (!backtracked) break;
          backtracks++;
          refused = prompt;
          continue;
        }
        const answer: Turn = { ...(await rate(ratingContext, prompt, response)), messages };
        const { score } = answer;
        yield { step, candidate: prompt, detail: { ...detail, response, score, backtracked: false } };
        if (best === null || (score ?? 0) >= (best.score ?? 0)) best = answer;
        if (hasFullScore(answer)) return { messages, steps: step, claimed: true };
        [turns, last, refused] = [[...messages, assistant(response)], answer, null];
        turn++;
      }
    }
    return { messages: best?.messages ?? conversation(behavior), steps: step, claimed: claimOfBest(best) };
  },
});
