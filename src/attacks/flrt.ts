import { arxiv } from '../core/method.ts';
import { choice, integer, number } from '../core/options.ts';
import type { ScoringModel } from '../models/language-model.ts';
import { defineAttack } from './attack.ts';
import { deletions, drawKind, likelyTokens, replacements, type EditKind } from './flrt/edits.ts';
import { clampedLoss } from './flrt/objective.ts';
import { scorerOf } from './parts/scorer.ts';
import { answerCheck } from './parts/success/checked-answer.ts';
import { judgeTexts } from './parts/success/judge-score.ts';
import { answerTokensLike, successNeeds, successOptions, successTakes } from './parts/success/options.ts';
import { collectFindings } from './parts/success/outcomes.ts';
import { promptReader, textLogProbs } from './parts/suffix/fluency.ts';
import {
  initialSuffix,
  retokenizedSuffix,
  suffixPrompt,
  suffixTokens,
  withSuffix,
  type Suffix,
} from './parts/suffix/suffix-prompt.ts';
import { crossEntropy, isCertain, targetBehindThought } from './parts/target.ts';

interface Candidate extends Suffix {
  /** Cross-entropy of the target, nats per token. */
  readonly loss: number;
  /** What the search minimizes: the clamped loss and the weighted penalties. */
  readonly objective: number;
  /** Cross-entropy of the prompt, summed over its readers, nats per token. */
  readonly fluency: number;
  readonly repetition: number;
  /** As `isCertain` of the target. */
  readonly certain: boolean;
}

/**
 * FLRT: a search for a suffix that reads well. In each step one token is deleted, swapped or inserted in the best suffix
 * of a buffer, with new tokens that the model expects there; the edits are ranked by a clamped loss of the target and by
 * penalties on the perplexity and on repeats of the whole prompt, and take the place of the suffix that they came from.
 */
export const flrt = defineAttack({
  id: 'flrt',
  title: 'FLRT',
  paper: arxiv('2407.17447', 'Fluent Student-Teacher Redteaming'),
  summary:
    'Grows a suffix that reads well, by deleting, swapping and inserting tokens that the model expects, until the wanted opening is likely.',
  differs:
    'The paper also matches the answers and the hidden states of a teacher, a copy of the target that was trained on ' +
    'harmful answers; there is no such copy here, so that the target string alone is forced, and no gradient is needed. ' +
    'Its suffixes stand between repetitions of several requests and have hundreds of tokens; here one suffix follows one ' +
    'request. Suffixes are of printable ASCII and must retokenize to the tokens that were scored; the first ' +
    'suffix of the buffer is tested while the search goes on, which ends at an answer that passes.' +
    targetBehindThought,
  access: 'grey-box',
  needs: [],
  needsWhen: { reader: { scorer: ['scorer'], both: ['scorer'] }, ...successNeeds },
  takesWhen: successTakes,
  templates: judgeTexts,
  options: {
    steps: integer({
      description: "Edits of the best suffix; the authors' demonstration makes 100.",
      default: 60,
      min: 1,
      max: 10_000,
      unit: 'steps',
    }),
    candidates: integer({
      description: 'Edited suffixes scored in each step.',
      default: 32,
      min: 1,
      max: 1024,
      unit: 'suffixes',
    }),
    tokens: integer({
      description: 'Tokens drawn from the model at each position for swaps and insertions.',
      default: 16,
      min: 1,
      max: 512,
      unit: 'tokens',
    }),
    buffer: integer({
      description: 'Suffixes that are kept for later steps.',
      default: 8,
      min: 1,
      max: 256,
      unit: 'suffixes',
    }),
    minLength: integer({
      description: "Tokens up to which the suffix only grows, from one; the authors' demonstration has 32.",
      default: 8,
      min: 1,
      max: 500,
      unit: 'tokens',
    }),
    maxLength: integer({
      description: "Most tokens of the suffix; the authors' code allows 1,024.",
      default: 40,
      min: 1,
      max: 1024,
      unit: 'tokens',
    }),
    insert: number({ description: 'Weight of insertions among the edits.', default: 1, min: 0, max: 100 }),
    swap: number({ description: 'Weight of swaps among the edits.', default: 1, min: 0, max: 100 }),
    delete: number({ description: 'Weight of deletions among the edits.', default: 1, min: 0, max: 100 }),
    threshold: number({
      description: 'Probability from which a token of the target is likely enough.',
      default: 0.6,
      min: 0.05,
      max: 1,
    }),
    fluency: number({
      description: 'Weight of the cross-entropy of the prompt.',
      default: 1.5,
      min: 0,
      max: 100,
    }),
    repetition: number({
      description: 'Weight of the penalty on repeated tokens in the prompt.',
      default: 3,
      min: 0,
      max: 100,
    }),
    reader: choice({
      description:
        "Whose cross-entropy counts: the target's, that of the scorer, another model, or the sum of both. The authors' demonstration takes two other models.",
      choices: ['target', 'scorer', 'both'],
      default: 'target',
    }),
    testEvery: integer({
      description:
        'Steps between tests of the first suffix of the buffer by its answer; 0 tests at the end only.',
      default: 10,
      min: 0,
      max: 1000,
      unit: 'steps',
    }),
    ...successOptions,
    maxNewTokens: answerTokensLike(512),
  },
  async *run(behavior, model, options, context) {
    const { random, signal } = context;
    const allowed = suffixTokens(model.tokenizer);
    const prompt = suffixPrompt(model, behavior, '!');
    const { span } = prompt;
    const before = span.prompt.slice(0, span.start);
    const scoring = { signal, sharePrefix: true };
    /** Its cross-entropy counts nothing at weight 0. */
    const other =
      options.fluency === 0 || options.reader === 'target'
        ? null
        : scorerOf(context, 'Another reader of fluency');
    const read = await promptReader(prompt, scoring);
    const check = answerCheck(behavior, model, options, context);
    const found = collectFindings<Candidate>(options, context);

    const evaluate = async (suffixes: readonly Suffix[]): Promise<Candidate[]> => {
      const readings = await read(suffixes);
      const textsFor = ({ tokenizer }: ScoringModel) =>
        suffixes.map(({ text }) => tokenizer.prompt(prompt.place(text), { atAnswer: true }));
      const others = other && (await textLogProbs(other, textsFor(other), scoring));
      return suffixes.map((suffix, i) => {
        const { target, repetition, fluency: own } = readings[i]!;
        const fluency = (options.reader === 'scorer' ? 0 : own) + (others ? crossEntropy(others[i]!) : 0);
        const objective =
          clampedLoss(target, options.threshold) +
          options.fluency * fluency +
          options.repetition * repetition;
        return {
          ...suffix,
          ...{ loss: crossEntropy(target), objective, fluency, repetition, certain: isCertain(target) },
        };
      });
    };
    const lengths = { least: options.minLength, most: Math.max(options.maxLength, options.minLength + 1) };
    const kept = (candidates: readonly Candidate[]) =>
      candidates.toSorted((a, b) => a.objective - b.objective).slice(0, options.buffer);
    /** Edited suffixes that retokenize to themselves. */
    const edits = async ({ ids }: Suffix, step: number) => {
      const draws = random.fork(`step ${step}`);
      const kind = drawKind(options, ids.length, lengths, draws);
      const count = options.candidates;
      const edited =
        kind === 'delete'
          ? deletions(ids, count, draws)
          : replacements(
              ids,
              kind,
              await likelyTokens(
                model,
                before,
                ids,
                { allowed, count: options.tokens },
                draws.fork('tokens'),
                { signal },
              ),
              count,
              draws,
            );
      const suffixes = new Map<string, Suffix>();
      for (const candidate of edited) {
        const suffix = retokenizedSuffix([prompt], candidate);
        if (suffix !== null) suffixes.set(suffix.text, suffix);
      }
      return { kind, suffixes: [...suffixes.values()] };
    };

    const first = await edits({ ids: [], text: '' }, 0);
    const start = first.suffixes.length > 0 ? first.suffixes : [initialSuffix(prompt)];
    let buffer = kept(await evaluate(start));
    let bestLoss = Infinity;
    let tested: Candidate | null = null;
    let last: { readonly kind: EditKind; readonly scored: number } = {
      kind: first.kind,
      scored: start.length,
    };
    for (let step = 0; ; step++) {
      const current = buffer[0]!;
      const isLast = step === options.steps || context.spent();
      bestLoss = Math.min(bestLoss, current.loss);
      const due = isLast || current.certain || (options.testEvery > 0 && step % options.testEvery === 0);
      const answer = due && current !== tested ? await check({ messages: prompt.place(current.text) }) : null;
      if (answer) found.add((tested = current), answer);
      const { text: suffix, loss, objective, fluency, repetition } = current;
      yield {
        step,
        candidate: withSuffix(behavior.prompt, suffix),
        loss,
        bestLoss,
        detail: { suffix, objective, fluency, repetition, length: current.ids.length, ...last, ...answer },
      };
      if (isLast || found.succeeded)
        return {
          messages: prompt.place(found.best!.candidate.text),
          loss: found.best!.candidate.loss,
          steps: step,
          ...found.end,
        };
      signal.throwIfAborted();
      const { kind, suffixes } = await edits(current, step + 1);
      const scored = suffixes.length > 0 ? await evaluate(suffixes) : [];
      last = { kind, scored: scored.length };
      if (buffer.length + scored.length > 1) buffer = kept([...buffer.slice(1), ...scored]);
    }
  },
});
