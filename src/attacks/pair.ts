import { arxiv } from '../core/method.ts';
import { integer } from '../core/options.ts';
import { conversation, defineAttack } from './attack.ts';
import { attemptOptions, better, claimOf, succeeded, tryPrompt, type Attempt } from './parts/attempt.ts';
import { judgeTexts } from './parts/judge-score.ts';
import { proposeOptions } from './parts/propose.ts';
import { refine, refineTexts, startThread, strategyOf } from './parts/refine.ts';

/**
 * Prompt automatic iterative refinement: an attacker model writes a prompt, reads the answer and the judge's rating,
 * and writes a better one, in several streams with a way of persuasion each.
 * The attackers of a round are asked together; target and judge then go stream by stream, so that nothing is asked
 * after a rating of 10.
 */
export const pair = defineAttack({
  id: 'pair',
  title: 'PAIR',
  paper: arxiv('2310.08419', 'Jailbreaking Black Box Large Language Models in Twenty Queries'),
  summary: 'An attacker model rewrites its prompt after each answer and rating, in several streams.',
  differs:
    'The paper runs 20 streams of 3 rounds; ours suit small models. Here the texts are ours and short; ' +
    'judge and target answer greedily; an unreadable rating is no rating instead of a 1; a prompt that ' +
    'the attacker fails to give costs no query; an attacker that cannot write JSON is asked for a ' +
    'rewritten text alone, of the last prompt if that got a rating above 1, else of the request.',
  access: 'black-box',
  needs: ['attacker', 'judge'],
  templates: { ...refineTexts, ...judgeTexts },
  options: {
    streams: integer({
      description: 'Conversations with the attacker; the paper has 20.',
      default: 3,
      min: 1,
      max: 64,
      unit: 'conversations',
    }),
    iterations: integer({
      description: 'Rounds in each stream; the paper has 3.',
      default: 3,
      min: 1,
      max: 50,
      unit: 'rounds',
    }),
    ...proposeOptions,
    ...attemptOptions,
  },
  async *run(behavior, model, options, { random, signal, templates, role }) {
    const [attacker, judge] = [role('attacker'), role('judge')];
    const trying = { model, judge, behavior, options, templates, signal };
    const streams = Array.from({ length: options.streams }, (_, stream) => ({
      stream,
      thread: startThread(strategyOf(stream), options),
      context: { behavior, options, templates, signal, random: random.fork(`stream ${stream}`) },
    }));

    let best: Attempt | null = null;
    let steps = 0;
    for (let iteration = 1; iteration <= options.iterations; iteration++) {
      const refined = await Promise.all(
        streams.map(({ thread, context }) => refine(attacker, thread, context)),
      );
      for (const [stream, { proposal, thread, unreadable }] of refined.entries()) {
        signal.throwIfAborted();
        const { strategy, dialogue } = thread;
        const detail = {
          stream,
          iteration,
          strategy,
          protocol: dialogue.plain ? 'plain' : 'json',
          unreadable,
        };
        steps++;
        if (proposal === null) {
          streams[stream]!.thread = thread;
          yield { step: steps, detail: { ...detail, score: null, response: null } };
          continue;
        }
        const { prompt, improvement } = proposal;
        const attempt = await tryPrompt(trying, prompt, conversation(behavior, prompt));
        streams[stream]!.thread = { ...thread, last: attempt };
        best = better(best, attempt);
        const { score, response } = attempt;
        yield { step: steps, candidate: prompt, detail: { ...detail, score, response, improvement } };
        if (succeeded(attempt)) return { messages: conversation(behavior, prompt), steps, claimed: true };
      }
    }
    return { messages: conversation(behavior, best?.prompt), steps, claimed: claimOf(best) };
  },
});
