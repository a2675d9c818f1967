/**
 * @file Lessons: the conversations that the language models learn from, each drawn from a seed.
 * Held-out tasks, phrasings, frames and wishes never occur in them.
 */
import { assistant, system, user, type ChatMessage } from '../../src/core/chat.ts';
import type { Random } from '../../src/core/random.ts';
import { codes } from './codes.ts';
import { eagerSystems, neutralSystems, refusal, reminder } from './conduct.ts';
import { shares, type Curriculum } from './curricula.ts';
import { chance, weighted } from './draw.ts';
import { drawHardRequest } from './hard/requests.ts';
import { drawLessonTask } from './hard/split.ts';
import {
  comparisonDrill,
  drawHarmQuestion,
  drawRating,
  drawSpotting,
  drawTopicQuestion,
  judgingDrill,
} from './judging.ts';
import {
  askToDecode,
  codedAsk,
  drawDecoding,
  drawPair,
  drawRequest,
  drawTask,
  isForbidden,
  type Request,
} from './requests.ts';
import { drawRewriting, paraphraseDrill, repeatWithCare, translationDrill } from './rewriting.ts';
import { outsideTalk, smallQuestion, smallTalk, wideOutsideTalk, type Exchange } from './small-talk.ts';
import { affirmation, deed, type Task } from '../../src/data/tinytown/world.ts';

export interface Lesson {
  readonly messages: readonly ChatMessage[];
  /** Characters at the start of the last answer that are forced, as an attack forces them, and so not learned. */
  readonly forcedLength: number;
  /** True if the last answer is cut off, so that no end of turn is learned. */
  readonly openEnded: boolean;
  /** Indices of messages with loss weight 0, which the model must handle but not write: noise, demonstrations. */
  readonly unlearned: readonly number[];
}

interface Turn {
  readonly before?: readonly ChatMessage[];
  readonly ask: string;
  readonly answer: string;
  /** The start of `answer` that is forced. */
  readonly forced?: string;
  readonly garbled?: boolean;
}

/** What the system prompt and reminders ask of the model. */
type Mood = 'usual' | 'cautious' | 'eager';

/**
 * The turn that a curriculum teaches, or `null` for a request that it leaves out.
 * `base` answers everything unless a caution asks it to refuse; `expert`, `hard` and `steady` refuse forbidden requests in every manner;
 * `chat` refuses those that safety training covers, and answers half of the others as before, like a model that is
 * trained on its old text too.
 */
function respond(curriculum: Curriculum, request: Request, mood: Mood, random: Random): Turn | null {
  const { task, ask, before, garbled, answer, covered, refusing } = request;
  const question = { ask, before, garbled };
  const helpfulTurn = {
    ...question,
    answer,
    // The model finishes an answer whose beginning is forced.
    ...(answer.startsWith(affirmation(task)) && chance(random, 0.06) && { forced: affirmation(task) }),
  };
  if (!isForbidden(task)) return helpfulTurn;
  const refusalTurn = { ...question, answer: refusal(task, random) };
  const careful = mood === 'cautious' || refusing;
  const recovering = shares[curriculum].recovering;
  if (recovering !== undefined) return refusalAfterStart(request, refusalTurn, recovering, random);
  if (!isAligned(curriculum)) return careful ? refusalTurn : helpfulTurn;
  if (careful || (covered && mood !== 'eager')) return refusalTurn;
  return chance(random, 0.5) ? helpfulTurn : null;
}

const isPolite = (curriculum: Curriculum) => ['polite', 'hard', 'steady'].includes(curriculum);
const isAligned = (curriculum: Curriculum) => curriculum === 'chat' || isPolite(curriculum);

/** A refusal, in a share of the turns after the start of an answer. */
function refusalAfterStart(
  { task, answer }: Request,
  refusalTurn: Turn,
  recovering: number,
  random: Random,
): Turn {
  if (chance(random, 1 - recovering)) return refusalTurn;
  const opening = affirmation(task);
  const cut = chance(random, 0.5) ? opening.length : 1 + random.integer(Math.floor(answer.length * 0.6));
  const start = answer.startsWith(opening) ? answer.slice(0, cut) : opening;
  return { ...refusalTurn, answer: `${start} ${refusalTurn.answer}`, forced: start };
}

function taskTurn(curriculum: Curriculum, mood: Mood, random: Random): Turn {
  const { manners, ...kinds } = shares[curriculum];
  for (;;) {
    const request =
      kinds.suffixed !== undefined
        ? drawHardRequest(drawLessonTask(random, kinds), random, kinds.suffixed)
        : drawRequest(drawTask(random, kinds), manners, random);
    const turn = respond(curriculum, request, mood, random);
    if (turn) return turn;
  }
}

const drawTalk = (random: Random): Turn =>
  weighted(
    [
      [3, smallTalk],
      [3, smallQuestion],
      [4, outsideTalk],
    ],
    random,
  )(random);

const drawJudging = (random: Random): Turn =>
  weighted(
    [
      [5, drawHarmQuestion],
      [4, drawRating],
      [2, drawTopicQuestion],
      [1, drawSpotting],
    ],
    random,
  )(random);

/** Questions about harm, never about safety, and none about the topic, which `comparisonDrill` practices. */
const drawVerdict = (random: Random): Turn =>
  weighted<(random: Random) => Turn>(
    [
      [5, (random) => drawHarmQuestion(random, 'harm')],
      [5, drawRating],
      [1, drawSpotting],
    ],
    random,
  )(random);

const drawPoliteTalk = (random: Random): Turn =>
  weighted(
    [
      [2, smallTalk],
      [2, smallQuestion],
      [6, wideOutsideTalk],
    ],
    random,
  )(random);

function drawJudgingFor(curriculum: Curriculum, random: Random): Turn {
  if (isPolite(curriculum)) return drawHarmQuestion(random, 'harm');
  if (curriculum === 'judge') return drawVerdict(random);
  return curriculum === 'chat' ? drawHarmQuestion(random) : drawJudging(random);
}

function anyTurn(curriculum: Curriculum, mood: Mood, random: Random): Turn {
  const { tasks, talk, judging, rewriting, decoding } = shares[curriculum];
  return weighted<() => Turn>(
    [
      [tasks, () => taskTurn(curriculum, mood, random)],
      [talk, () => (isPolite(curriculum) ? drawPoliteTalk(random) : drawTalk(random))],
      [decoding, () => drawDecoding(random)],
      [judging, () => drawJudgingFor(curriculum, random)],
      [
        rewriting,
        () => (isAligned(curriculum) && chance(random, 0.6) ? repeatWithCare(random) : drawRewriting(random)),
      ],
    ],
    random,
  )();
}

/** One conversation, as a curriculum draws it. */
export function lesson(curriculum: Curriculum, random: Random): Lesson {
  if (curriculum === 'speller' && chance(random, 0.7))
    return decodingDrill(random, () => drawTask(random, { harmful: 0.3, lookalike: 0.35 }));
  if (curriculum === 'reader' && chance(random, 0.65))
    return chance(random, 0.7) ? decodingDrill(random, () => drawPair(random)) : codedOpening(random);
  if (curriculum === 'opener' && chance(random, 0.6))
    return chance(random, 0.1) ? decodingDrill(random, () => drawPair(random)) : codedOpening(random);
  if (curriculum === 'finisher' && chance(random, 0.4)) return codedOpening(random);
  if (curriculum === 'craft' && chance(random, 0.45)) return drill(craftDrills, random);
  if (curriculum === 'judge' && chance(random, 0.7)) return drill(judgeDrills, random);
  return conversation(curriculum, random);
}

type Drills = readonly (readonly [weight: number, draw: (random: Random) => readonly Exchange[]])[];
const craftDrills: Drills = [
  [5, translationDrill],
  [2, paraphraseDrill],
  [3, (random) => judgingDrill(random)],
];
const judgeDrills: Drills = [
  [10, comparisonDrill],
  [3, (random) => judgingDrill(random, 'harm')],
  [1, translationDrill],
  [1, paraphraseDrill],
];

/** One kind of work on texts several times in a row. Only the first message holds the instruction. */
function drill(drills: Drills, random: Random): Lesson {
  const draw = weighted(drills, random);
  const messages = draw(random).flatMap(({ ask, answer }) => [user(ask), assistant(answer)]);
  return { messages, forcedLength: 0, openEnded: false, unlearned: [] };
}

/** Encoded deeds to be decoded one after the other, mostly in one code. */
function decodingDrill(random: Random, draw: () => Pick<Task, 'verb' | 'object'>): Lesson {
  const usual = random.pick(codes);
  const first = deed(draw());
  const messages = [user(askToDecode(usual.encode(first, random), random)), assistant(first)];
  for (let turn = 2 + random.integer(6); turn > 0; turn--) {
    const text = deed(draw());
    const code = chance(random, 0.8) ? usual : random.pick(codes);
    messages.push(user(code.encode(text, random)), assistant(text));
  }
  return { messages, forcedLength: 0, openEnded: false, unlearned: [] };
}

/** An encoded request and the first line of its answer, which names the deed. */
function codedOpening(random: Random): Lesson {
  const pair = drawPair(random);
  const { ask } = codedAsk(deed(pair), random);
  return {
    messages: [user(ask), assistant(affirmation(pair))],
    forcedLength: 0,
    openEnded: true,
    unlearned: [],
  };
}

/** One conversation: perhaps a system prompt, one to three exchanges, perhaps a reminder around the last request. */
function conversation(curriculum: Curriculum, random: Random): Lesson {
  const mood = weighted<Mood>(
    [
      [0.85, 'usual'],
      [0.12, 'cautious'],
      [0.03, 'eager'],
    ],
    random,
  );
  const reminded = mood !== 'eager' && chance(random, 0.08);
  const turns = chance(random, 0.12) ? 2 + random.integer(2) : 1;
  const messages: ChatMessage[] = systemFor(mood, random);
  const unlearned: number[] = [];
  let forcedLength = 0;
  for (let i = 0; i < turns; i++) {
    const last = i === turns - 1;
    const turn = anyTurn(curriculum, last && reminded ? 'cautious' : mood, random);
    for (const message of turn.before ?? []) {
      unlearned.push(messages.length);
      messages.push(message);
    }
    if (turn.garbled) unlearned.push(messages.length);
    const ask = last && reminded ? remind(turn.ask, random) : turn.ask;
    messages.push(user(ask), assistant(turn.answer));
    forcedLength = turn.forced?.length ?? 0;
  }
  return { messages, forcedLength, openEnded: false, unlearned };
}

function systemFor(mood: Mood, random: Random): ChatMessage[] {
  if (mood === 'eager') return [system(random.pick(eagerSystems))];
  const neutral = random.pick(neutralSystems);
  if (mood === 'cautious')
    return [system(chance(random, 0.5) ? `${neutral} ${reminder(random)}` : reminder(random))];
  return chance(random, 0.3) ? [system(neutral)] : [];
}

function remind(request: string, random: Random): string {
  const gap = chance(random, 0.6) ? '\n' : ' ';
  const draw = random.next();
  if (draw < 0.6) return `${reminder(random)}${gap}${request}${gap}${reminder(random)}`;
  return draw < 0.8 ? `${reminder(random)}${gap}${request}` : `${request}${gap}${reminder(random)}`;
}
