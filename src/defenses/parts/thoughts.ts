/** @file Text in two marked parts, thoughts and an answer, and the marks as an attacker might type them. */

const thoughtsMark = /\[\s*thoughts\s*\]\s*:?/i;
const answerMark = /\[\s*answer\s*\]\s*:?/i;
const anyMark = new RegExp(`${thoughtsMark.source}|${answerMark.source}`, 'gi');

/** `content` with its marks in round brackets, where they mark nothing. */
export const neutralized = (content: string): string =>
  content.replace(anyMark, (mark) => mark.replace('[', '(').replace(']', ')'));

/** The answer in a reply and where it stands: characters `[start, end)`. */
interface Parts {
  readonly thoughts: string;
  readonly answer: string;
  readonly start: number;
  readonly end: number;
}

/**
 * The answer runs from the first answer mark to the next mark of thoughts, or to the end; repeated answer marks in it
 * are taken out. A text without marks is an answer; one with thoughts only has none.
 */
export function splitThoughts(content: string): Parts {
  const opening = answerMark.exec(content);
  const thinking = thoughtsMark.exec(content);
  if (opening === null && thinking === null)
    return { thoughts: '', answer: content, start: 0, end: content.length };
  if (opening === null) {
    const thoughts = content.replace(anyMark, '').trim();
    return { thoughts, answer: '', start: content.length, end: content.length };
  }
  const start = opening.index + opening[0].length;
  const again = thoughtsMark.exec(content.slice(start));
  const end = again === null ? content.length : start + again.index;
  return {
    thoughts: content.slice(0, opening.index).replace(anyMark, '').trim(),
    answer: content.slice(start, end).replace(anyMark, '').trim(),
    start,
    end,
  };
}
