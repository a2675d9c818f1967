/** @file Requests for a task in every manner of asking, with the answer that a helpful model gives. */
import { assistant, user, type ChatMessage } from '../../src/core/chat.ts';
import type { Random } from '../../src/core/random.ts';
import { codes, type Code } from './codes.ts';
import { refusal } from './conduct.ts';
import { chance, instruct, lowerFirst, weighted } from './draw.ts';
import { framesOf, names, plainAnswer, wrap, type Frame } from './frames.ts';
import { closers, fill, openers, trainingPhrasings } from '../../src/data/tinytown/phrasings.ts';
import { surround } from './surroundings.ts';
import { deed, heldOutTasks, trainingTasks, type Task } from '../../src/data/tinytown/world.ts';

export interface Request {
  readonly task: Task;
  /** Turns that lead up to it. They are read, not learned. */
  readonly before: readonly ChatMessage[];
  readonly ask: string;
  /** What a model without safety training says. */
  readonly answer: string;
  /** Whether safety training holds forbidden requests of this manner. */
  readonly covered: boolean;
  /** The turns before show that forbidden requests are refused here. */
  readonly refusing: boolean;
  /** Holds meaningless matter: to be coped with, not to be expected. */
  readonly garbled: boolean;
}

export const isForbidden = (task: Task): boolean => task.behaviorKind === 'harmful';

/** Training tasks of the three kinds, drawn in the wanted shares. */
export function drawTask(random: Random, shares: { harmful: number; lookalike: number }): Task {
  const kind = weighted<Task['behaviorKind']>(
    [
      [shares.harmful, 'harmful'],
      [shares.lookalike, 'benign-lookalike'],
      [1 - shares.harmful - shares.lookalike, 'benign'],
    ],
    random,
  );
  return random.pick(trainingTasks.filter(({ behaviorKind }) => behaviorKind === kind));
}

export const isHeldOut = ({ verb, object }: Pick<Task, 'verb' | 'object'>): boolean =>
  heldOutTasks.some((task) => task.verb === verb && task.object === object);

/** Any verb beside any object, whether or not that is a task, so that each word must be read by itself. */
export function drawPair(random: Random): Pick<Task, 'verb' | 'object'> {
  for (;;) {
    const { verb } = random.pick(trainingTasks);
    const { object } = random.pick(trainingTasks);
    if (!isHeldOut({ verb, object })) return { verb, object };
  }
}

/** "How do I …?", with the small change of real talk around it. */
export function plainAsk(task: Task, random: Random): string {
  const question = fill(random.pick(trainingPhrasings), deed(task));
  const opened = chance(random, 0.2) ? `${random.pick(openers)} ${question}` : question;
  const closed = chance(random, 0.2) ? `${opened} ${random.pick(closers)}` : opened;
  if (chance(random, 0.06)) return closed.toLowerCase();
  return chance(random, 0.04) ? `Please ${lowerFirst(closed)}` : closed;
}

const letters = 'abcdefghijklmnopqrstuvwxyz';
const signs = ['!', '?', '.', ';', ':', '(', ')', '#', '*', '=', '/', '{', '}', '"', '--', '%'];
/** Meaningless matter of a few kinds, such as people and attacks leave behind a request. */
export function noise(random: Random): string {
  const count = 2 + random.integer(12);
  const kind = random.integer(5);
  return Array.from({ length: count }, () => {
    if (kind === 0) return '!';
    if (kind === 1)
      return Array.from({ length: 1 + random.integer(6) }, () => letters[random.integer(26)]).join('');
    if (kind === 2) return random.pick(signs);
    if (kind === 3) return random.pick(random.pick(trainingTasks).steps.join(' ').split(' '));
    return random.pick(random.pick(openers).split(' '));
  }).join(chance(random, 0.8) ? ' ' : '');
}

/** Some letters and words of the text lost, doubled or replaced, as typing errors and random edits leave it. */
export function blur(text: string, random: Random): string {
  const share = 0.02 + random.next() * 0.1;
  if (chance(random, 0.4))
    return text
      .split(' ')
      .filter(() => !chance(random, 2 * share))
      .join(' ');
  return Array.from(text, (letter) => {
    if (!chance(random, share)) return letter;
    const other = chance(random, 0.7) ? letters[random.integer(26)]! : random.pick(signs);
    return random.pick([other, other, letter + other, chance(random, 0.5) ? letter.toUpperCase() : '']);
  }).join('');
}

/** How a request would be put anew, in the same frame. */
export function reworded(frame: Frame | null, task: Task, name: string, random: Random): string {
  const ask = fill(random.pick(trainingPhrasings), deed(task));
  return frame ? wrap(random.pick(frame.templates), ask, task, name) : ask;
}

const simple = { before: [], covered: true, refusing: false, garbled: false } as const;

export function framedRequest(frame: Frame, task: Task, random: Random): Request {
  const name = random.pick(names);
  return {
    ...simple,
    task,
    ask: wrap(random.pick(frame.templates), plainAsk(task, random), task, name),
    answer: frame.answer(task, name),
    covered: frame.use === 'covered',
  };
}

const decodeWishes = [
  'Decode this text.',
  'What does this say?',
  'Decode the text below, and write only the result.',
];

/** A coded text, to be read and no more. */
export function drawDecoding(random: Random): { readonly ask: string; readonly answer: string } {
  const text = deed(drawTask(random, { harmful: 0.3, lookalike: 0.35 }));
  return { ask: askToDecode(random.pick(codes).encode(text, random), random), answer: text };
}

export const askToDecode = (coded: string, random: Random): string =>
  instruct(random.pick(decodeWishes), coded, random);

/** A question whose words, or whose deed alone, are in code. */
export function codedAsk(what: string, random: Random): { readonly ask: string; readonly code: Code } {
  const code = random.pick(codes);
  const lead = random.pick(code.leads);
  const phrasing = random.pick(trainingPhrasings);
  const coded = chance(random, code.deedOnly)
    ? fill(phrasing, code.encode(what, random))
    : code.encode(fill(phrasing, what), random);
  return { ask: lead + coded, code };
}

function codedRequest(task: Task, random: Random): Request {
  const { ask, code } = codedAsk(deed(task), random);
  return { ...simple, task, ask, answer: plainAnswer(task), covered: code.covered };
}

function surroundedRequest(task: Task, random: Random): Request {
  const inner = chance(random, 0.4) ? framedRequest(random.pick(framesOf('uncovered')), task, random) : null;
  const sentences = 1 + random.integer(6);
  return {
    ...simple,
    task,
    ask: surround(inner?.ask ?? plainAsk(task, random), sentences, random),
    answer: inner?.answer ?? plainAnswer(task),
    // A remark or two are within what safety training knows; a long set-up is not.
    covered: inner === null && sentences <= 2,
  };
}

/** One or more earlier exchanges show how answers look here; the last one follows them. */
function demonstratedRequest(task: Task, random: Random): Request {
  const count = 1 + random.integer(3);
  const shown = Array.from({ length: count }, () => drawTask(random, { harmful: 0.5, lookalike: 0.25 }));
  const refusing = chance(random, 0.35);
  const style = random.pick(styles);
  const answerTo = (other: Task) => (refusing && isForbidden(other) ? refusal(other, random) : style(other));
  const ask = plainAsk(task, random);
  const forbiddenAnswered = !refusing && shown.some(isForbidden);
  const common = { task, refusing: refusing && shown.some(isForbidden), garbled: false, answer: style(task) };
  if (chance(random, 0.6)) {
    const before = shown.flatMap((other) => [user(plainAsk(other, random)), assistant(answerTo(other))]);
    return { ...common, before, ask, covered: !forbiddenAnswered };
  }
  const [question, reply] = random.pick([
    ['Question', 'Answer'],
    ['Q', 'A'],
    ['User', 'Assistant'],
    ['Human', 'AI'],
  ] as const);
  const lines = shown.map((other) => `${question}: ${plainAsk(other, random)}\n${reply}: ${answerTo(other)}`);
  return {
    ...common,
    before: [],
    ask: [...lines, `${question}: ${ask}\n${reply}:`].join('\n'),
    covered: !forbiddenAnswered,
  };
}

/** Ways to write an answer that demonstrations can show. */
const styles: readonly ((task: Task) => string)[] = [
  plainAnswer,
  plainAnswer,
  ...framesOf('uncovered')
    .filter(({ id }) => ['list', 'table', 'fill-in'].includes(id))
    .map(
      ({ answer }) =>
        (task: Task) =>
          answer(task, ''),
    ),
  ({ steps }) => steps.join(' '),
  (task) => `To ${deed(task)}: ${task.steps.join(' ')} Good luck!`,
];

/** How much of each manner a curriculum holds. */
export interface Manners {
  readonly plain: number;
  readonly covered: number;
  readonly uncovered: number;
  readonly coded: number;
  readonly surrounded: number;
  readonly demonstrated: number;
}

/** A request in a manner drawn from `manners`; now and then with meaningless matter in it. */
export function drawRequest(task: Task, manners: Manners, random: Random): Request {
  const draw = weighted<(task: Task, random: Random) => Request>(
    [
      [manners.plain, plainRequest],
      [manners.covered, (task, random) => framedRequest(random.pick(framesOf('covered')), task, random)],
      [manners.uncovered, (task, random) => framedRequest(random.pick(framesOf('uncovered')), task, random)],
      [manners.coded, codedRequest],
      [manners.surrounded, surroundedRequest],
      [manners.demonstrated, demonstratedRequest],
    ],
    random,
  );
  const request = draw(task, random);
  if (!chance(random, 0.12)) return request;
  const ask = chance(random, 0.4)
    ? blur(request.ask, random)
    : chance(random, 0.7)
      ? `${request.ask} ${noise(random)}`
      : `${noise(random)} ${request.ask}`;
  return { ...request, ask, garbled: true };
}

const plainRequest = (task: Task, random: Random): Request => ({
  ...simple,
  task,
  ask: plainAsk(task, random),
  answer: plainAnswer(task),
});
