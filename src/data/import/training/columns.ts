/** @file What the columns of a file of training data hold, told by their names. */

/** What a column can hold. */
export const trainingFields = [
  'messages',
  'prompt',
  'input',
  'system',
  'answer',
  'label',
  'chosen',
  'rejected',
] as const;
export type TrainingField = (typeof trainingFields)[number];
export type TrainingColumns = Readonly<Partial<Record<TrainingField, string>>>;

/** What columns are called in most files, in small letters, the best name first. */
const usualNames: Readonly<Record<TrainingField, readonly string[]>> = {
  messages: ['messages', 'conversations', 'conversation'],
  prompt: ['prompt', 'instruction', 'question', 'query', 'request'],
  // An addition to an instruction, unless it is the only request there is.
  input: ['input'],
  system: ['system', 'system_prompt'],
  answer: ['answer', 'response', 'output', 'completion'],
  label: ['label', 'kind', 'is_safe'],
  chosen: ['chosen', 'chosen_response', 'preferred'],
  rejected: ['rejected', 'rejected_response', 'dispreferred'],
};

const plainName = (name: string): string => name.trim().toLowerCase();

/** @param chosen columns by what they hold; `null`: none does */
export function trainingColumns(
  names: readonly string[],
  chosen: Readonly<Partial<Record<TrainingField, string | null>>> = {},
): TrainingColumns {
  const byPlainName = new Map(names.map((name) => [plainName(name), name]));
  const guess = (field: TrainingField) => {
    const usual = usualNames[field].find((name) => byPlainName.has(name));
    return usual === undefined ? null : byPlainName.get(usual)!;
  };
  const columns: Partial<Record<TrainingField, string>> = {};
  for (const field of trainingFields) {
    const name = chosen[field] === undefined ? guess(field) : chosen[field];
    if (name !== null) columns[field] = name;
  }
  if (columns.prompt !== undefined || columns.input === undefined) return columns;
  const { input, ...others } = columns;
  return { ...others, prompt: input };
}
