import { arxiv } from '../core/method.ts';
import { integer } from '../core/options.ts';
import { joinedPacks, templatePacks } from '../core/templates.ts';
import { conversation, defineAttack } from './attack.ts';
import { proposeOptions } from './parts/attacker/propose-options.ts';
import { createProposer } from './parts/attacker/propose.ts';
import { refine, refineTexts, startThread } from './parts/attacker/refine.ts';
import { judgeTexts } from './parts/success/judge-score.ts';
import {
  askAndRate,
  better,
  claimOfBest,
  hasFullScore,
  ratingOptions,
  type RatedAnswer,
} from './parts/success/rated-answer.ts';
import compact from './templates/compact/pair.json' with { type: 'json' };
import full from './templates/full/pair.json' with { type: 'json' };

/** Ways of persuasion, by the names of the templates with the attacker's system prompts. */
const strategies = ['role-play', 'reasoning', 'authority'] as const;

/**
 * Prompt automatic iterative refinement: an attacker model writes a prompt, reads the answer and the judge's score, and
 * writes a better prompt, in several streams with one strategy of persuasion each.
 * In each round all attackers are asked at once; target and judge then proceed stream by stream, so that nothing is
 * asked after a score of 10.
 */
export const pair = defineAttack({
  id: 'pair',
  title: 'PAIR',
  paper: arxiv('2310.08419', 'Jailbreaking Black Box Large Language Models in Twenty Queries'),
  summary: 'An attacker model rewrites its prompt after each answer and score, in several streams.',
  differs:
    'The texts are ours. Judge and target answer greedily; an unreadable score is no score instead of a ' +
    '1; a prompt that the attacker fails to write costs no query; of a reply that breaks off, the whole ' +
    'sentences of the prompt are used, or the next attempt begins behind its reason; an attacker that cannot write JSON is asked for plain text in the ' +
    'whole run, and shown the last prompt, its answer and its score.',
  access: 'black-box',
  needs: ['attacker', 'judge'],
  templates: joinedPacks(refineTexts, judgeTexts, templatePacks(compact, full)),
  options: {
    streams: integer({
      description: 'Conversations with the attacker; the paper uses 20.',
      default: 20,
      min: 1,
      max: 64,
      unit: 'conversations',
    }),
    iterations: integer({
      description: 'Rounds in each stream; the paper uses 3.',
      default: 3,
      min: 1,
      max: 50,
      unit: 'rounds',
    }),
    ...proposeOptions,
    ...ratingOptions,
  },
  async *run(behavior, model, options, { random, signal, templates, role, spent }) {
    const [attacker, judge] = [role('attacker'), role('judge')];
    const ratingContext = { model, judge, behavior, options, templates, signal };
    const proposer = createProposer(attacker, options);
    const streams = Array.from({ length: options.streams }, (_, stream) => ({
      stream,
      thread: startThread(strategies[stream % strategies.length]!, stream),
      context: { behavior, templates, signal, random: random.fork(`stream ${stream}`) },
    }));

    let best: RatedAnswer | null = null;
    let steps = 0;
    for (let iteration = 1; iteration <= options.iterations && !spent(); iteration++) {
      const refinements = await Promise.all(
        streams.map(({ thread, context }) => refine(proposer, thread, context)),
      );
      for (const [stream, { proposal, thread, ...read }] of refinements.entries()) {
        signal.throwIfAborted();
        const detail = { stream, iteration, strategy: thread.system, ...read };
        steps++;
        if (proposal === null) {
          streams[stream]!.thread = thread;
          yield { step: steps, detail: { ...detail, score: null, response: null } };
          continue;
        }
        const { prompt, improvement } = proposal;
        const answer = await askAndRate(ratingContext, prompt, conversation(behavior, prompt));
        streams[stream]!.thread = { ...thread, last: answer };
        best = better(best, answer);
        const { score, response } = answer;
        yield { step: steps, candidate: prompt, detail: { ...detail, score, response, improvement } };
        if (hasFullScore(answer)) {
          const messages = conversation(behavior, prompt);
          return { messages, steps, claimed: true, attacker: proposer.replies() };
        }
      }
    }
    const messages = conversation(behavior, best?.prompt);
    return { messages, steps, claimed: claimOfBest(best), attacker: proposer.replies() };
  },
});
