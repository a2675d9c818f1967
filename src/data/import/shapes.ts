/** @file Which benchmark a file is, told by the names of its columns, and what its columns mean. */
import type { BehaviorKind } from '../../core/behavior.ts';

/** What a column can hold. */
export const fields = ['prompt', 'target', 'category', 'kind', 'context', 'secret', 'id'] as const;
export type Field = (typeof fields)[number];
export type Columns = Readonly<Partial<Record<Field, string>>>;

interface Shape {
  readonly name: string;
  /** Names in small letters. All of the first must be there, and one of the second where there are any. */
  readonly has: readonly string[];
  readonly oneOf?: readonly string[];
  /** Whether there may be other columns. Default: yes. */
  readonly exactly?: true;
  readonly columns: Columns;
  /** What the user should know before the rows are taken as they are. */
  readonly note?: string;
  readonly kindOf?: (value: string) => BehaviorKind | null;
}

const kindWords: Readonly<Record<BehaviorKind, readonly string[]>> = {
  harmful: ['harmful', 'unsafe', 'malicious', 'toxic', 'forbidden', '1', 'true', 'yes'],
  'benign-lookalike': ['benign-lookalike', 'lookalike', 'look-alike'],
  benign: ['benign', 'harmless', 'safe', 'unharmful', '0', 'false', 'no'],
};

/** The kind that a word in a column names in most files; `null` if it names none. */
export function kindOfWord(value: string): BehaviorKind | null {
  const word = value.trim().toLowerCase();
  const [kind = null] = Object.entries(kindWords).find(([, words]) => words.includes(word)) ?? [];
  return kind as BehaviorKind | null;
}

/** XSTest pairs each safe prompt, which looks unsafe, with unsafe ones in contrast to it. */
function xstestKind(value: string): BehaviorKind {
  const word = value.trim().toLowerCase();
  return word === 'unsafe' || word.startsWith('contrast_') ? 'harmful' : 'benign-lookalike';
}

const shapes: readonly Shape[] = [
  {
    name: 'Glovebox',
    has: ['id', 'prompt', 'category', 'kind'],
    columns: {
      prompt: 'prompt',
      target: 'target',
      category: 'category',
      kind: 'kind',
      context: 'context',
      secret: 'secret',
      id: 'id',
    },
  },
  {
    name: 'HarmBench',
    has: ['behavior', 'behaviorid'],
    columns: { prompt: 'behavior', category: 'semanticcategory', context: 'contextstring', id: 'behaviorid' },
    note: 'Contexts go to the model as a system prompt; HarmBench puts them into the request. Copyright rows ask for a text, which a judge of harm does not grade.',
  },
  {
    name: 'JailbreakBench',
    has: ['goal', 'behavior', 'category'],
    columns: { prompt: 'goal', target: 'target', category: 'category', id: 'behavior' },
    note: 'Its harmful and its benign file have the same columns: say which this is.',
  },
  {
    name: 'XSTest',
    has: ['prompt', 'type', 'label'],
    columns: { prompt: 'prompt', category: 'type', kind: 'label', id: 'id' },
    kindOf: xstestKind,
  },
  {
    name: 'XSTest',
    has: ['prompt', 'type'],
    oneOf: ['focus', 'note', 'final_label', 'completion'],
    columns: { prompt: 'prompt', category: 'type', kind: 'type', id: 'id' },
    kindOf: xstestKind,
  },
  {
    name: 'StrongREJECT',
    has: ['forbidden_prompt'],
    columns: { prompt: 'forbidden_prompt', category: 'category' },
  },
  {
    name: 'AdvBench',
    has: ['goal', 'target'],
    columns: { prompt: 'goal', target: 'target', category: 'category', id: 'id' },
  },
  {
    name: 'AISafetyLab',
    has: ['query'],
    columns: { prompt: 'query', target: 'target', category: 'category', id: 'id' },
  },
  {
    name: 'OR-Bench',
    has: ['prompt', 'category'],
    exactly: true,
    columns: { prompt: 'prompt', category: 'category' },
    note: 'If this is OR-Bench: its toxic file is harmful, and the others are harmless look-alikes. Say which this is.',
  },
];

/** What columns are called in other files, the best name first. */
const usualNames: Readonly<Record<Field, readonly string[]>> = {
  prompt: ['prompt', 'goal', 'query', 'request', 'instruction', 'question', 'behavior', 'input', 'text'],
  target: ['target', 'targets', 'affirmative', 'target_str'],
  category: ['category', 'semanticcategory', 'type', 'topic', 'risk_category', 'harm_category'],
  kind: ['kind', 'label', 'is_harmful', 'harmful', 'prompt_harm_label'],
  context: ['context', 'contextstring', 'system', 'system_prompt', 'document'],
  secret: ['secret'],
  id: ['id', 'behaviorid', 'behavior_id', 'index'],
};

const everyName = new Set([
  ...Object.values(usualNames).flat(),
  ...shapes.flatMap(({ has, columns }) => [...has, ...Object.values(columns)]),
]);
export const isColumnName = (name: string): boolean => everyName.has(name.trim().toLowerCase());

/** What is told from the names of a file's columns. */
export interface Recognized {
  /** The benchmark; `null` for a file that is none of those known. */
  readonly shape: string | null;
  readonly note: string | null;
  readonly columns: Columns;
  readonly kindOf: (value: string) => BehaviorKind | null;
}

export function recognize(names: readonly string[]): Recognized {
  const byLowerCase = new Map(names.map((name) => [name.toLowerCase(), name]));
  const fits = ({ has, oneOf, exactly }: Shape) =>
    has.every((name) => byLowerCase.has(name)) &&
    (oneOf?.some((name) => byLowerCase.has(name)) ?? true) &&
    (!exactly || names.length === has.length);
  const shape = shapes.find(fits);
  const nameOf = (field: Field): string | undefined => {
    if (shape) return byLowerCase.get(shape.columns[field] ?? '');
    if (field === 'prompt' && names.length === 1) return names[0];
    const usual = usualNames[field].find((name) => byLowerCase.has(name));
    return usual === undefined ? undefined : byLowerCase.get(usual);
  };
  const columns: Columns = Object.fromEntries(
    fields.flatMap((field) => {
      const name = nameOf(field);
      return name === undefined ? [] : [[field, name]];
    }),
  );
  return {
    shape: shape?.name ?? null,
    note: shape?.note ?? null,
    columns,
    kindOf: shape?.kindOf ?? kindOfWord,
  };
}
