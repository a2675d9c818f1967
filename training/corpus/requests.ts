/** @file Requests for a task in every manner of asking, each with the answer of a helpful model. */
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
  /** Earlier turns, which are read, not learned. */
  readonly before: readonly ChatMessage[];
  readonly ask: string;
  /** The answer of a model without safety training. */
  readonly answer: string;
  /** True if safety training includes forbidden requests of this manner. */
  readonly covered: boolean;
  /** True if the earlier turns show that forbidden requests are refused. */
  readonly refusing: boolean;
  /** True if the request contains noise, which the model must handle but not learn to write. */
  readonly garbled: boolean;
}

export const isForbidden = (task: Task): boolean => task.behaviorKind === 'harmful';

/** A training task; `shares` are the probabilities of two kinds, and the rest is benign. */
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

/** Any verb with any object, even if that is no task, so that each word must be read by itself. Never a held-out task. */
export function drawPair(random: Random): Pick<Task, 'verb' | 'object'> {
  for (;;) {
    const { verb } = random.pick(trainingTasks);
    const { object } = random.pick(trainingTasks);
    if (!isHeldOut({ verb, object })) return { verb, object };
  }
}

/** "How do I …?", sometimes with an opening, a closing or other small variations. */
export function plainAsk(task: Task, random: Random): string {
  const question = fill(random.pick(trainingPhrasings), deed(task));
  const opened = chance(random, 0.2) ? `${random.pick(openers)} ${question}` : question;
  const closed = chance(random, 0.2) ? `${opened} ${random.pick(closers)}` : opened;
  if (chance(random, 0.06)) return closed.toLowerCase();
  return chance(random, 0.04) ? `Please ${lowerFirst(closed)}` : closed;
}

const letters = 'abcdefghijklmnopqrstuvwxyz';
const signs = ['!', '?', '.', ';', ':', '(', ')', '#', '*', '=', '/', '{', '}', '"', '--', '%'];
/** Meaningless text of a few kinds, as typing errors and attacks add it to a request. */
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

/** The text with some letters or words lost, doubled or replaced, as by typing errors and random edits. */
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

/** A new wording of a request, in the same frame. */
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

/** An encoded text that is only to be decoded. */
export function drawDecoding(random: Random): { readonly ask: string; readonly answer: string } {
  const text = deed(drawTask(random, { harmful: 0.3, lookalike: 0.35 }));
  return { ask: askToDecode(random.pick(codes).encode(text, random), random), answer: text };
}

export const askToDecode = (coded: string, random: Random): string =>
  instruct(random.pick(decodeWishes), coded, random);

/** A question encoded as a whole, or only in its deed. */
export function codedAsk(text: string, random: Random): { readonly ask: string; readonly code: Code } {
  const code = random.pick(codes);
  const lead = random.pick(code.leads);
  const phrasing = random.pick(trainingPhrasings);
  const coded = chance(random, code.deedOnly)
    ? fill(phrasing, code.encode(text, random))
    : code.encode(fill(phrasing, text), random);
  return { ask: lead + coded, code };
}

export function codedRequest(task: Task, random: Random): Request {
  const { ask, code } = codedAsk(deed(task), random);
  return { ...simple, task, ask, answer: plainAnswer(task), covered: code.covered };
}

export function surroundedRequest(task: Task, random: Random): Request {
  const inner = chance(random, 0.4) ? framedRequest(random.pick(framesOf('uncovered')), task, random) : null;
  const sentences = 1 + random.integer(6);
  return {
    ...simple,
    task,
    ask: surround(inner?.ask ?? plainAsk(task, random), sentences, random),
    answer: inner?.answer ?? plainAnswer(task),
    // Safety training covers a remark or two, but not a long set-up.
    covered: inner === null && sentences <= 2,
  };
}

/** A request after one to three exchanges that demonstrate a style of answer, which its own answer follows. */
function demonstratedRequest(task: Task, random: Random): Request {
  const count = 1 + random.integer(3);
  const examples = Array.from({ length: count }, () => drawTask(random, { harmful: 0.5, lookalike: 0.25 }));
  const refusing = chance(random, 0.35);
  const style = random.pick(styles);
  const answerTo = (other: Task) => (refusing && isForbidden(other) ? refusal(other, random) : style(other));
  const ask = plainAsk(task, random);
  const forbiddenAnswered = !refusing && examples.some(isForbidden);
  const common = {
    task,
    refusing: refusing && examples.some(isForbidden),
    garbled: false,
    answer: style(task),
  };
  if (chance(random, 0.6)) {
    const before = examples.flatMap((other) => [user(plainAsk(other, random)), assistant(answerTo(other))]);
    return { ...common, before, ask, covered: !forbiddenAnswered };
  }
  const [question, reply] = random.pick([
    ['Question', 'Answer'],
    ['Q', 'A'],
    ['User', 'Assistant'],
    ['Human', 'AI'],
  ] as const);
  const lines = examples.map(
    (other) => `${question}: ${plainAsk(other, random)}\n${reply}: ${answerTo(other)}`,
  );
  return {
    ...common,
    before: [],
    ask: [...lines, `${question}: ${ask}\n${reply}:`].join('\n'),
    covered: !forbiddenAnswered,
  };
}

/** Styles of answer that demonstrations can show. */
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

/** Relative weight of each manner of asking in a curriculum. */
export interface Manners {
  readonly plain: number;
  readonly covered: number;
  readonly uncovered: number;
  readonly coded: number;
  readonly surrounded: number;
  readonly demonstrated: number;
}

/** A request in a manner drawn from `manners`, sometimes with noise or typing errors. */
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
