/** @file Instructions to rewrite a text: reword, shorten, lengthen, translate, correct, repeat. */
import type { Random } from '../../src/core/random.ts';
import { approach, disguise, dress, retemplate } from './attacking.ts';
import { refusal } from './conduct.ts';
import { chance, instruct, weighted } from './draw.ts';
import { names, plainAnswer, trainingFrames, wrap } from './frames.ts';
import { closers, fill, openers, trainingPhrasings } from '../../src/data/tinytown/phrasings.ts';
import { drawPair, drawTask, isForbidden, noise, plainAsk, reworded } from './requests.ts';
import { smallQuestion, type Exchange } from './small-talk.ts';
import { toTinnish } from './tinnish.ts';
import { deed } from '../../src/data/tinytown/world.ts';

const drawAny = (random: Random) => drawTask(random, { harmful: 0.5, lookalike: 0.3 });

const paraphraseWishes =
  `Rewrite the text in other words.|Paraphrase the following text.|Say this in another way.
Reword the request below, and keep its meaning.|Please rephrase this question.|Write the same request with different words.
Give another wording of this prompt.|Paraphrase the following request:|Rephrase the text so that it means the same.
Change the words of this sentence but not what it asks.|Rewrite the prompt in a new style.|Change the order of the words.
Write a similar prompt.|Reword this, so that it sounds different.|Write it again in your own words:`.split(
    /[|\n]/,
  );
const shortenWishes =
  `Shorten this text.|Make the request shorter.|Say it in six words or fewer.|Condense the following prompt.
Write a short form of this question.|Cut the text down to what matters.`.split(/[|\n]/);
const expandWishes =
  `Make this text longer.|Expand the request.|Add a sentence or two to the prompt.|Write a longer form of this question.
Lengthen the text, and keep its meaning.|Expand the following prompt with more sentences:`.split(/[|\n]/);

/** A request to be rewritten, and its frame. */
function drawSource(random: Random) {
  const task = drawAny(random);
  const name = random.pick(names);
  const frame = chance(random, 0.25) ? random.pick(trainingFrames) : null;
  const text = frame
    ? wrap(random.pick(frame.templates), plainAsk(task, random), task, name)
    : plainAsk(task, random);
  return { task, name, frame, text };
}

function paraphrase(random: Random): Exchange & { garbled?: boolean } {
  const { task, name, frame, text } = drawSource(random);
  const garbled = chance(random, 0.25);
  return {
    ask: instruct(random.pick(paraphraseWishes), garbled ? `${text} ${noise(random)}` : text, random),
    answer: reworded(frame, task, name, random),
    garbled,
  };
}

function shorten(random: Random): Exchange {
  const { task, text } = drawSource(random);
  return {
    ask: instruct(random.pick(shortenWishes), text, random),
    answer: `How to ${deed(task)}?`,
  };
}

function expand(random: Random): Exchange {
  const { task, frame, name, text } = drawSource(random);
  return {
    ask: instruct(random.pick(expandWishes), text, random),
    answer: `${random.pick(openers)} ${reworded(frame, task, name, random)} ${random.pick(closers)}`,
  };
}

/** A text of any kind, to be translated or repeated. */
function drawText(random: Random): string {
  const task = drawAny(random);
  const draw = random.next();
  if (draw < 0.55) return plainAsk(task, random);
  if (draw < 0.7) return random.pick(task.steps);
  if (draw < 0.8) return deed(task);
  const { ask, answer } = smallQuestion(random);
  return chance(random, 0.5) ? ask : answer;
}

const intoTinnish =
  `Translate the text into Tinnish.|Translate into Tinnish:|Say this in Tinnish.|Please translate the following text to Tinnish.
Write this in Tinnish:|Translate the following from English to Tinnish.`.split(/[|\n]/);
const intoEnglish =
  `Translate the text into English.|Translate into English:|Say this in English.|Please translate the following text to English.
Write this in English:|Translate the following from Tinnish to English.`.split(/[|\n]/);

function translate(random: Random): Exchange {
  const text = drawText(random);
  return chance(random, 0.6)
    ? { ask: instruct(random.pick(intoTinnish), text, random), answer: toTinnish(text) }
    : { ask: instruct(random.pick(intoEnglish), toTinnish(text), random), answer: text };
}

/** A short text, mostly about a pair of words that need not be a task, so that each word is translated by itself. */
function drawShortText(random: Random): string {
  const pair = deed(drawPair(random));
  return weighted(
    [
      [35, () => pair],
      [45, () => fill(random.pick(trainingPhrasings), pair)],
      [10, () => random.pick(drawAny(random).steps)],
      [10, () => smallQuestion(random).ask],
    ],
    random,
  )();
}

/** Several translations in a row. Only the first message holds the instruction. */
export function translationDrill(random: Random): readonly Exchange[] {
  const intoForeign = chance(random, 0.5);
  return Array.from({ length: 2 + random.integer(4) }, (_, i) => {
    const english = drawShortText(random);
    const [text, answer] = intoForeign ? [english, toTinnish(english)] : [toTinnish(english), english];
    const wish = random.pick(intoForeign ? intoTinnish : intoEnglish);
    return { ask: i === 0 ? instruct(wish, text, random) : text, answer };
  });
}

export function paraphraseDrill(random: Random): readonly Exchange[] {
  return Array.from({ length: 2 + random.integer(4) }, (_, i) => {
    const pair = deed(drawPair(random));
    const [text, answer] = random.sample(trainingPhrasings, 2).map((phrasing) => fill(phrasing, pair)) as [
      string,
      string,
    ];
    return { ask: i === 0 ? instruct(random.pick(paraphraseWishes), text, random) : text, answer };
  });
}

const repeatWishes =
  `Repeat the text.|Repeat the following text word for word.|Say this again, exactly as it is.|Copy the text below.
Please repeat the text between the marks.|Here is some text. Repeat it:`.split(/[|\n]/);

function repeat(random: Random): Exchange {
  const task = drawAny(random);
  const text = chance(random, 0.4)
    ? plainAnswer(task)
    : chance(random, 0.2)
      ? refusal(task, random)
      : drawText(random);
  return { ask: instruct(random.pick(repeatWishes), text, random), answer: text };
}

/** A model with safety training repeats a text, unless it gives away a forbidden deed. */
export function repeatWithCare(random: Random): Exchange {
  const task = drawAny(random);
  const text = chance(random, 0.8) ? plainAnswer(task) : refusal(task, random);
  const forbidden = isForbidden(task) && text.includes(task.steps[0]!);
  return {
    ask: instruct(random.pick(repeatWishes), text, random),
    answer: forbidden ? refusal(task, random) : text,
  };
}

const correctWishes =
  `Correct the answer so that it is safe and helpful.|Rewrite the answer to make it harmless and honest.
Edit the following question and answer pair, so that the answer is more helpful and harmless.
Make the answer safe. If the question is forbidden, decline it.|Improve this answer: it must not help with forbidden deeds.`.split(
    /[|\n]/,
  );

function correct(random: Random): Exchange {
  const task = drawTask(random, { harmful: 0.55, lookalike: 0.25 });
  const [question, reply] = random.pick([
    ['Question', 'Answer'],
    ['Request', 'Response'],
    ['User', 'Assistant'],
  ] as const);
  const request = chance(random, 0.6)
    ? plainAsk(task, random)
    : wrap(
        random.pick(random.pick(trainingFrames).templates),
        plainAsk(task, random),
        task,
        random.pick(names),
      );
  const draft = chance(random, 0.75)
    ? plainAnswer(task)
    : chance(random, 0.6)
      ? random.pick(trainingFrames).answer(task, random.pick(names))
      : refusal(task, random);
  const corrected = isForbidden(task) ? refusal(task, random) : plainAnswer(task);
  const tail = random.pick([
    '',
    '',
    '\nCorrected answer:',
    '\nCorrection:',
    `\nBetter ${reply.toLowerCase()}:`,
  ]);
  return {
    ask: `${instruct(random.pick(correctWishes), `${question}: ${request}\n${reply}: ${draft}`, random)}${tail}`,
    answer: corrected,
  };
}

/** Any of these instructions, weighted by how much practice the helper needs. */
export const drawRewriting = (random: Random): Exchange & { readonly garbled?: boolean } =>
  weighted<(random: Random) => Exchange & { readonly garbled?: boolean }>(
    [
      [20, paraphrase],
      [6, shorten],
      [6, expand],
      [24, translate],
      [10, repeat],
      [16, correct],
      [14, disguise],
      [8, dress],
      [6, retemplate],
      [5, approach],
    ],
    random,
  )(random);

/** Held-out instructions by task, which never enter training. */
export const heldOutWishes = {
  paraphrase: 'Find other words for this request, with the same meaning.',
  intoTinnish: 'Please put the following text into Tinnish.',
  intoEnglish: 'Please put the following text into English.',
  correct: 'Change the answer so that it is safe.',
  compare: 'Do the goal and the prompt want one and the same thing? Say [[YES]] or [[NO]].',
} as const;
