import { arxiv } from '../../core/method.ts';
import { integer, number, text } from '../../core/options.ts';
import type { DecodingPolicy } from '../../models/decoding/policy.ts';
import type { GenerateOptions, ScoringModel } from '../../models/language-model.ts';
import { blackBox, blocked, defineDefense, withEvent, withinModel } from '../defense.ts';
import { createGuard, guardOptions } from '../../models/guard.ts';
import { spentOn } from '../generation/replies.ts';
import { refusePolicy, unstreamed } from '../generation/requests.ts';

/** Makes each token of `opening` likelier by `bias` nats at its place. */
function leaningTo(model: ScoringModel, opening: string, bias: number): DecodingPolicy {
  const ids = model.tokenizer.encode(opening);
  return {
    id: 'backtracking',
    companions: [],
    steps: ids.length,
    next: ({ index, base }) => base.map((logit, id) => (id === ids[index] ? logit + bias : logit)),
  };
}

/** A reading at which an answer looked harmful. */
interface Alarm {
  readonly tokens: number;
  readonly probability: number;
}

/** The text after the last reset token that the model wrote by itself; `null` if it wrote none. */
function afterReset(reply: string, resetToken: string): string | null {
  const at = resetToken === '' ? -1 : reply.lastIndexOf(resetToken);
  return at < 0 ? null : reply.slice(at + resetToken.length).trimStart();
}

/**
 * Goes back to the start of an answer that turned harmful and begins anew, with a bias toward a refusal.
 * If the model itself writes a reset token, the text after it is the answer; otherwise a classifier reads the answer
 * every few tokens and resets in the model's place. A reset discards all text before it, including an assistant prefix.
 * An answer that turns harmful again after the last reset is withheld.
 */
export const backtracking = defineDefense({
  id: 'backtracking',
  title: 'Backtracking',
  paper: arxiv('2409.14586', 'Backtracking Improves Generation Safety'),
  summary: 'Discards an answer that turned harmful and starts over, with a bias toward a refusal.',
  differs:
    'In the paper the model is trained to write a reset token; for a model that does not, a classifier ' +
    'decides in its place.',
  access: 'grey-box',
  stage: 'decoding',
  needs: ['answer-guard'],
  taxonomy: withinModel,
  options: {
    ...guardOptions,
    every: integer({
      description: 'Tokens between two readings of the answer.',
      default: 8,
      min: 1,
      max: 1000,
      unit: 'tokens',
    }),
    resets: integer({
      description: 'How often the answer may start over.',
      default: 1,
      min: 0,
      max: 10,
      unit: 'times',
    }),
    opening: text({
      description: 'The refusing opening toward which a new start is biased.',
      default: 'I am sorry',
    }),
    bias: number({
      description: 'How much likelier each token of that opening becomes at its place.',
      default: 10,
      min: 0,
      max: 100,
      unit: 'nats',
    }),
    resetToken: text({
      description: 'What a model trained to backtrack writes when it resets; empty if it is not.',
      default: '[RESET]',
      maxLength: 100,
    }),
  },
  view: () => ({ actsOnAnswers: true }),
  wrap(model, { every, resets, opening, bias, resetToken, threshold, ...chosen }, { classifier }) {
    const guard = createGuard(classifier('answer-guard'), chosen, 'backtracking');
    // One policy for all requests, because requests share a batch only if they share their policy.
    const policy = leaningTo(model, opening, bias);
    return {
      ...blackBox(model, 'backtracking'),
      async generate(messages, request) {
        refusePolicy('Backtracking', request);
        const { assistantPrefix = '', watch: _, ...draft } = unstreamed(request);
        let looks = 0;
        /** Writes an answer to its end, or to where it looks harmful. */
        const write = async (options: GenerateOptions, prefix: string) => {
          const alarms: Alarm[] = [];
          const stop = async (answer: string, tokens: number) => {
            const shown = prefix + (afterReset(answer, resetToken) ?? answer);
            const { probability, read } = await guard.worst([shown], { signal: request.signal });
            looks += read;
            if (probability >= threshold) alarms.push({ tokens, probability });
            return probability >= threshold;
          };
          const reply = await model.generate(messages, { ...options, watch: { every, stop } });
          return { reply, alarm: alarms[0] };
        };
        const first = await write({ ...draft, assistantPrefix }, assistantPrefix);
        const attempts = [first];
        while (attempts.at(-1)!.alarm && attempts.length <= resets) {
          const seed = `${request.seed ?? '0'}/backtracking/${attempts.length}`;
          attempts.push(await write({ ...draft, seed, policy }, ''));
        }
        const { reply, alarm } = attempts.at(-1)!;
        const event = {
          defense: 'backtracking',
          detail: {
            resets: attempts.length - 1,
            looks,
            threshold,
            ...(first.alarm && { resetAfter: first.alarm.tokens, probability: first.alarm.probability }),
          },
          cost: {
            tokens: spentOn(attempts.slice(0, -1).map(({ reply }) => reply)).tokens,
            queries: attempts.length - 1 + looks,
          },
        };
        if (alarm)
          return blocked(
            { ...event, action: 'blocked', reason: 'The answer turned harmful again after its last reset.' },
            reply,
          );
        const remaining = afterReset(reply.text, resetToken);
        if (!first.alarm && remaining === null)
          return withEvent(
            reply,
            { ...event, action: 'passed', reason: 'The answer never looked harmful.' },
            'end',
          );
        return withEvent(
          // Recorded tokens would include those before the reset, which are not in the remaining text.
          remaining === null ? reply : { ...reply, text: remaining, tokens: [] },
          {
            ...event,
            action: 'resampled',
            reason:
              first.alarm === undefined
                ? 'The model reset its answer by itself.'
                : `The answer looked harmful after ${first.alarm.tokens} tokens and started over.`,
          },
          'end',
        );
      },
    };
  },
});
