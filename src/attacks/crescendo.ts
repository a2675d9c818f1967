import { assistant, user } from '../core/chat.ts';
import { arxiv } from '../core/method.ts';
import { integer } from '../core/options.ts';
import { normalizeForMatching } from '../core/refusal.ts';
import { fillSlots } from '../core/slots.ts';
import { joinedPacks, templateOf, templatePacks } from '../core/templates.ts';
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
import { verdictByWords } from './parts/success/verdict.ts';
import compact from './templates/compact/crescendo.json' with { type: 'json' };
import full from './templates/full/crescendo.json' with { type: 'json' };

/** A rated answer with the conversation that led to it. */
interface Turn extends RatedAnswer {
  readonly messages: ReturnType<typeof conversation>;
}

/** True if the question repeats the request word by word, which leaves out the steps that should lead to it. */
const jumpsTo = (goal: string, question: string): boolean => {
  const request = normalizeForMatching(goal).replace(/[.?!]+$/, '');
  return request !== '' && normalizeForMatching(question).includes(request);
};

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
    'The texts are ours. A question that the attacker fails to write uses up a backtrack; refusals are ' +
    'recognized by their common phrases, not by a judge; a conversation ends when it no longer fits the ' +
    'target; when nothing succeeds, the turn with the best score is the result, the later of equal ones; ' +
    'replies that break off and attackers that cannot write JSON are treated as in PAIR, and such an ' +
    'attacker may repeat the request word by word only in the last turn.',
  access: 'black-box',
  needs: ['attacker', 'judge'],
  templates: joinedPacks(templatePacks(compact, full), judgeTexts),
  options: {
    turns: integer({
      description: 'Most answered questions in a conversation; the paper uses 10.',
      default: 10,
      min: 1,
      max: 20,
      unit: 'turns',
    }),
    backtracks: integer({
      description: 'Most refused questions that a conversation may remove; the paper uses 10.',
      default: 10,
      min: 0,
      max: 50,
      unit: 'questions',
    }),
    restarts: integer({
      description: 'Further conversations after one without success; the paper uses 9.',
      default: 9,
      min: 0,
      max: 20,
      unit: 'conversations',
    }),
    ...proposeOptions,
    ...ratingOptions,
  },
  async *run(behavior, model, options, { random, signal, templates, role, spent }) {
    const [attacker, judge] = [role('attacker'), role('judge')];
    const ratingContext = { model, judge, behavior, options, templates, signal };
    const opening = conversation(behavior).slice(0, -1);
    const proposer = createProposer(attacker, options);

    let best = null as Turn | null;
    let step = 0;
    for (let restart = 0; restart <= options.restarts && !spent(); restart++) {
      const draw = { signal, random: random.fork(`conversation ${restart}`) };
      let dialogue: Dialogue = [];
      let turns = opening;
      let last: RatedAnswer | null = null;
      let refused: { readonly prompt: string; readonly response: string } | null = null;
      let backtracks = 0;
      for (let turn = 1; turn <= options.turns && !spent();) {
        signal.throwIfAborted();
        const slots = {
          goal: behavior.prompt,
          prompt: (refused ?? last)?.prompt ?? '',
          response: (refused ?? last)?.response ?? '',
          score: String(last?.score ?? 'unknown'),
          turn: String(turn),
          turns: String(options.turns),
        };
        const filled = (name: string) => fillSlots(templateOf(templates, name, draw.random), slots);
        const situation = refused !== null ? 'refused' : last === null ? 'first' : 'next';
        const isLast = turn === options.turns;
        const briefing = {
          system: filled('system'),
          turn: filled(situation),
          plain: filled(situation === 'next' && isLast ? 'plain-last' : `plain-${situation}`),
          goal: behavior.prompt,
          mayBeSent: (question: string) => isLast || !jumpsTo(behavior.prompt, question),
        };
        const outcome = await proposer.propose(dialogue, briefing, draw);
        dialogue = outcome.dialogue;

        step++;
        const { proposal, protocol, form, unreadable } = outcome;
        const detail = { restart, turn, protocol, form, unreadable };
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
          refused = { prompt, response };
          continue;
        }
        const answer: Turn = { ...(await rate(ratingContext, prompt, response)), messages };
        const { score } = answer;
        yield { step, candidate: prompt, detail: { ...detail, response, score, backtracked: false } };
        if (best === null || (score ?? 0) >= (best.score ?? 0)) best = answer;
        if (hasFullScore(answer))
          return { messages, steps: step, claimed: true, attacker: proposer.replies() };
        [turns, last, refused] = [[...messages, assistant(response)], answer, null];
        turn++;
      }
    }
    const messages = best?.messages ?? conversation(behavior);
    return { messages, steps: step, claimed: claimOfBest(best), attacker: proposer.replies() };
  },
});
