/**
 * @file The thoughts that a reasoning model writes before its answer, told from the answer by their tags. Everything that
 * reads an answer (evaluators, judges, guards, attacks) reads what follows the thoughts.
 */

/** Of most families: DeepSeek-R1, Qwen3 and SmolLM3 write `<think>`, Seed-OSS `<seed:think>`. */
const names = 'think thinking thought thoughts reasoning reflection seed:think longcat_think'.split(' ');
/** The tags around a thought. */
export type ThoughtTags = readonly [opening: string, closing: string];

/** The tags in use; the others are those of Magistral, OpenThinker, Command and Kimi-VL. */
const tags: readonly ThoughtTags[] = [
  ...names.map((name) => [`<${name}>`, `</${name}>`] as const),
  ['[THINK]', '[/THINK]'],
  ['<|begin_of_thought|>', '<|end_of_thought|>'],
  ['<|START_THINKING|>', '<|END_THINKING|>'],
  ['◁think▷', '◁/think▷'],
];
const anyOf = (texts: readonly string[]) =>
  texts.map((text) => text.replaceAll(/[[\]|]/g, String.raw`\$&`)).join('|');
/** Its one group is there if the tag closes. */
const tagPattern = `(${anyOf(tags.map(([, closing]) => closing))})|${anyOf(tags.map(([opening]) => opening))}`;
const anyTag = new RegExp(tagPattern, 'gi');
const onlyTag = new RegExp(`^(?:${tagPattern})$`, 'i');
const openAtEnd = new RegExp(`(?:${tagPattern})\\s*$`, 'i');

export const isThoughtTag = (text: string): boolean => onlyTag.test(text);

/** True if a prompt ends with the opening tag of a thought, so that the model begins within it. */
export function endsInThought(prompt: string): boolean {
  const match = openAtEnd.exec(prompt);
  return match !== null && match[1] === undefined;
}

/** The tags of the thought that a prompt opens at its end, or writes there empty; `null` if it does neither. */
export const tagsAtEnd = (prompt: string): ThoughtTags | null =>
  tags.find((pair) => turnStart(prompt, pair) !== prompt) ?? null;

/** The tags of which a text holds both, such as the source of a chat template; `null` if it holds no such pair. */
export const tagsIn = (text: string): ThoughtTags | null =>
  tags.find((pair) => pair.every((tag) => text.includes(tag))) ?? null;

/** A prompt without the thought that it opens at its end, or writes there empty. */
function turnStart(prompt: string, [opening, closing]: ThoughtTags): string {
  const escaped = [opening, closing].map((tag) => anyOf([tag]));
  return prompt.replace(new RegExp(`${escaped[0]}\\s*(?:${escaped[1]}\\s*)?$`, 'i'), '');
}

/** A prompt that ends in a thought, with that thought closed, empty, as templates write it that are told not to think. */
export function withThoughtClosed(prompt: string): string {
  const start = prompt.trimEnd();
  const opened = tags.find(([opening]) => start.toLowerCase().endsWith(opening.toLowerCase()));
  return opened ? `${start}\n\n${opened[1]}\n\n` : prompt;
}

/** A thought that is put in a model's mouth. */
export interface GivenThought {
  readonly text: string;
  /** True if the model is to think on from it; else it is closed, and the answer begins. */
  readonly open?: boolean | undefined;
}

/** A prompt whose assistant turn begins with `thought`, in the place of one that the prompt itself opens. */
export function withThought(prompt: string, tags: ThoughtTags, { text, open }: GivenThought): string {
  const begun = `${turnStart(prompt, tags)}${tags[0]}\n${text}`;
  return open ? begun : `${begun}\n${tags[1]}\n\n`;
}

export interface Thinking {
  /** `null` if the model wrote none. Without the tags at its start and end. */
  readonly thoughts: string | null;
  /** What follows the thoughts; empty when they do not end. Without thoughts, the text as it is. */
  readonly answer: string;
}

/**
 * Split what a model wrote. A closing tag ends the thoughts even without an opening one, which may stand in the prompt.
 * An opening tag counts at the start of a line; one that is not closed makes all that follows a thought.
 * @param begun true if the prompt already opened a thought (`endsInThought`)
 */
export function splitThoughts(text: string, { begun = false } = {}): Thinking {
  const tags = [...text.matchAll(anyTag)].map((match) => ({
    closes: match[1] !== undefined,
    from: match.index,
    to: match.index + match[0].length,
  }));
  const closing = tags.findLast(({ closes }) => closes);
  const startOfRest = closing?.to ?? 0;
  const opening = tags.find(
    ({ closes, from }) => !closes && from >= startOfRest && isLineStart(text, startOfRest, from),
  );
  const isWithin = begun && !closing;
  if (!closing && !opening && !isWithin) return { thoughts: null, answer: text };
  const thought = isWithin ? text : text.slice(0, closing?.from ?? 0);
  const unfinished = opening && !isWithin ? text.slice(opening.to) : '';
  const answer = isWithin ? '' : text.slice(startOfRest, opening?.from);
  const thoughts = [thought, unfinished]
    .map((part) => part.replace(leadingTag, '').trim())
    .filter((part) => part !== '')
    .join('\n\n');
  return { thoughts, answer: answer.trimStart() };
}

const leadingTag = new RegExp(`^\\s*(?:${tagPattern})`, 'i');

const isLineStart = (text: string, from: number, at: number) => /(?:^|\n)\s*$/.test(text.slice(from, at));

/** What follows the thoughts in a text that a model wrote. */
export const answerIn = (text: string): string => splitThoughts(text).answer;
