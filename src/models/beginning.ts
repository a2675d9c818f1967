/** @file What is put in a model's mouth before it writes: a thought, and the first words of its answer. */
import type { GivenThought, ThoughtTags } from '../core/thoughts.ts';

export interface Beginning {
  /**
   * Words put in the model's mouth. If the template opens a thought, the thought is closed first, so that the answer
   * begins with them.
   */
  readonly assistantPrefix?: string | undefined;
  /**
   * A thought put in the model's mouth, before `assistantPrefix`, between the tags of its template; of a model that has
   * none it is the first paragraph of the answer. Behind a thought left open no prefix can stand, and none does.
   */
  readonly assistantThought?: GivenThought | undefined;
}

/** How a model thinks, as its tokenizer says. */
interface Thinker {
  readonly opensThought: boolean;
  readonly thoughtTags: ThoughtTags | null;
}

/** The beginning as one text without tags: the thought as a paragraph of its own, then the prefix. */
export function beginningText({ assistantPrefix = '', assistantThought: thought }: Beginning): string {
  if (thought === undefined) return assistantPrefix;
  return thought.open ? thought.text : `${thought.text}\n\n${assistantPrefix}`;
}

/** The text behind the last tag, or of the whole beginning where there is none: what the model goes on from. */
export function lastWords({ thoughtTags }: Thinker, beginning: Beginning): string {
  const { assistantPrefix = '', assistantThought: thought } = beginning;
  if (thoughtTags === null || thought === undefined) return beginningText(beginning);
  return thought.open ? thought.text : assistantPrefix;
}

/** True if the first new token is part of a thought. */
export function beginsInThought({ opensThought, thoughtTags }: Thinker, beginning: Beginning): boolean {
  const { assistantPrefix = '', assistantThought: thought } = beginning;
  if (thoughtTags !== null && thought !== undefined) return thought.open === true;
  return opensThought && assistantPrefix === '';
}
