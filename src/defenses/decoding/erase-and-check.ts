import { editLastOwnWords, lastOwnWords, type ChatMessage } from '../../core/chat.ts';
import type { DefenseCost } from '../../core/defense-event.ts';
import { arxiv } from '../../core/method.ts';
import { choice, integer, number } from '../../core/options.ts';
import { createRandom } from '../../core/random.ts';
import { greedy, type GenerateOptions, type LanguageModel } from '../../models/language-model.ts';
import { aroundModel, blackBox, blocked, defineDefense, withEvent, type DefenseContext } from '../defense.ts';
import { createGuard, guardOptions } from '../../models/guard.ts';
import { declines, spentOn } from '../generation/replies.ts';
import { answerBeyondThoughts, questionOf } from '../generation/requests.ts';
import { piecesOf } from '../generation/tokens.ts';
import { erasedTexts } from './erase-and-check/erasures.ts';

/** Tells which versions of the user's last words are harmful, and at what cost. */
type Filter = (
  texts: readonly string[],
  messages: readonly ChatMessage[],
  options: GenerateOptions,
) => Promise<{
  readonly verdicts: readonly boolean[];
  readonly cost: DefenseCost;
  /** True if all of each text was read. */
  readonly whole: boolean;
}>;

const guardFilter = (
  { classifier }: DefenseContext,
  chosen: { readonly label: string; readonly threshold: number; readonly temperature: number },
): Filter => {
  const reader = classifier('prompt-guard');
  const guard = createGuard(reader, { ...chosen, window: reader.contextWindow }, 'erase-and-check');
  return async (texts, _, { signal }) => {
    const harm = await guard.probabilities(texts, { signal });
    return {
      verdicts: harm.map((probability) => probability >= chosen.threshold),
      cost: { queries: texts.length, tokens: 0 },
      whole: texts.every((text) => guard.readsWhole(text)),
    };
  };
};

/** Greedy, so that the same text always gets the same verdict. */
const refusalFilter =
  (model: LanguageModel, answerTokens: number): Filter =>
  async (texts, messages, options) => {
    const answers = await Promise.all(
      texts.map((wording, i) =>
        answerBeyondThoughts(
          model,
          editLastOwnWords(messages, () => wording),
          { ...questionOf(options, i), sampling: greedy, maxNewTokens: answerTokens },
        ),
      ),
    );
    return {
      verdicts: answers.map(({ reply }) => declines(reply) === true),
      cost: spentOn(answers.flatMap(({ replies }) => replies)),
      whole: true,
    };
  };

/** Why nothing can be certified, or `null` if it can: the theorem is about one text, all of which is read and erased from. */
function gapIn(
  messages: readonly ChatMessage[],
  { assistantPrefix = '', assistantThought }: GenerateOptions,
  { whole, checkedFraction }: { readonly whole: boolean; readonly checkedFraction: number },
): string | null {
  const last = messages.findLast(({ role }) => role === 'user');
  if (checkedFraction < 1) return 'Only some of the erased texts were checked.';
  if (!whole) return 'The classifier may not read the request to its end.';
  if (last?.rewritten) return 'Another defense had rewritten the request.';
  if (messages.some((turn) => turn !== last && turn.content !== ''))
    return 'Other turns carry text, from which nothing is erased.';
  const isFree = assistantPrefix === '' && assistantThought === undefined;
  return isFree ? null : 'The answer begins with given words, from which nothing is erased.';
}

/**
 * Checks the request, and what remains of it after erasing up to d tokens, and declines if a filter calls any of these
 * texts harmful. A harmful request followed by at most d adversarial tokens is detected as surely as the request alone,
 * because erasing those tokens leaves the request. `certified` in the event is the number of tokens this holds for, and
 * `uncertified` says why it holds for none: nothing is certified of a text that the filter does not read to its end, that
 * another defense rewrote, or beside which other turns carry text.
 * The filter is a classifier; the refusal filter (AISafetyLab's) asks the model itself, which refuses for other reasons
 * as well, so its certificate is about being refused, not about harm. Pieces are tokens if the model shows its
 * tokenizer, otherwise words; if a suffix merges with the last token of the request, erasing it removes that token too,
 * and the certificate does not hold.
 */
export const eraseAndCheck = defineDefense({
  id: 'erase-and-check',
  title: 'Erase-and-Check',
  paper: arxiv('2309.02705', 'Certifying LLM Safety against Adversarial Prompting'),
  summary: 'Declines when the request, or the request with some tokens erased, looks harmful to a filter.',
  differs:
    'All texts are checked in one batch rather than up to the first hit; insertion erases one block; a ' +
    'limit on checks (smallest erasures first) makes infusion feasible; short texts are checked like ' +
    "others (the authors' code passes those of fewer than five tokens).",
  access: 'black-box',
  stage: 'decoding',
  draws: true,
  needs: [],
  needsWhen: { filter: { 'prompt-guard': ['prompt-guard'] } },
  taxonomy: aroundModel,
  options: {
    mode: choice({
      description: 'What is erased: the end, any block, or any tokens.',
      choices: ['suffix', 'insertion', 'infusion'],
      default: 'suffix',
    }),
    maxErased: integer({
      description: 'Most tokens erased at once (d).',
      default: 20,
      min: 0,
      max: 200,
      unit: 'tokens',
    }),
    checkedFraction: number({
      description: 'Share of the erased texts to check, drawn at random; below 1 there is no certificate.',
      default: 1,
      min: 0,
      max: 1,
    }),
    maxChecks: integer({
      description: 'Most erased texts to check, those with the fewest erased tokens first.',
      default: 1000,
      min: 1,
      max: 100_000,
      unit: 'texts',
    }),
    filter: choice({
      description:
        'What decides whether a text is harmful: a classifier of prompts, or a refusal by the model.',
      choices: ['prompt-guard', 'refusal'],
      default: 'prompt-guard',
    }),
    label: guardOptions.label,
    threshold: guardOptions.threshold,
    temperature: guardOptions.temperature,
    answerTokens: integer({
      description: 'Refusal filter only: most tokens of each answer (AISafetyLab: 32).',
      default: 32,
      min: 1,
      max: 256,
      unit: 'tokens',
    }),
  },
  wrap(model, options, context) {
    const isHarmful =
      options.filter === 'refusal'
        ? refusalFilter(model, options.answerTokens)
        : guardFilter(context, options);
    return {
      ...blackBox(model, 'erase-and-check'),
      async generate(messages, request) {
        const wording = lastOwnWords(messages);
        const pieces = piecesOf(model, wording);
        const { mode, maxErased, maxChecks, checkedFraction } = options;
        const erased = erasedTexts(mode, pieces.count, maxErased, maxChecks);
        const random = createRandom(request.seed ?? '0').fork('erase-and-check');
        const drawn =
          checkedFraction === 1
            ? erased.texts
            : random.sample(erased.texts, Math.ceil(checkedFraction * erased.texts.length));
        const texts = [wording, ...drawn.map((indices) => pieces.keep(indices))];
        const { verdicts, cost, whole } = await isHarmful(texts, messages, request);
        const harmful = verdicts.filter(Boolean).length;
        const gap = gapIn(messages, request, { whole, checkedFraction });
        const certified = gap === null ? erased.certified : 0;
        const event = {
          defense: 'erase-and-check',
          detail: { checks: texts.length, harmful, certified, ...(gap !== null && { uncertified: gap }) },
          cost,
        };
        if (harmful > 0)
          return blocked({
            ...event,
            action: 'blocked',
            reason: verdicts[0]
              ? 'The filter called the request harmful.'
              : `The filter called ${harmful} of ${texts.length} texts harmful, though not the whole request.`,
          });
        const reply = await model.generate(messages, request);
        return withEvent(
          reply,
          { ...event, action: 'passed', reason: `None of ${texts.length} texts looked harmful.` },
          'start',
        );
      },
    };
  },
});
