/** @file Turns rows of a file into behaviors, by what its columns hold. */
import type { BehaviorKind } from '../../core/behavior.ts';
import { excerpt } from '../../core/excerpt.ts';
import { setRowSchema, type SetRow } from './set-row.ts';
import type { Columns, Field } from './shapes.ts';
import type { RowProblem, TableRow } from './table-row.ts';

export interface Mapping {
  readonly columns: Columns;
  /** Of rows whose kind no column says. */
  readonly kind: BehaviorKind;
  /** What values of the kind's column mean; `skip`: their rows are not wanted. */
  readonly kinds: Readonly<Record<string, BehaviorKind | 'skip'>>;
}

/** Distinct values of the kind's column that are counted. */
const mostValues = 40;

/** @param kindOf what a value means that the mapping does not name; `null` if it is no kind */
export function createMapper(mapping: Mapping, kindOf: (value: string) => BehaviorKind | null) {
  const { columns } = mapping;
  const kinds = new Map(Object.entries(mapping.kinds));
  const values = new Map<string, number>();
  const ids = new Set<string>();
  let ordinal = 0;

  const kindIn = (value: string): BehaviorKind | 'skip' | null => {
    if (values.has(value) || values.size < mostValues) values.set(value, (values.get(value) ?? 0) + 1);
    const named = kinds.get(value) ?? kindOf(value);
    if (named !== null) kinds.set(value, named);
    return named;
  };
  /** The row's own id, or one by its place where it has none or another row has the same. */
  const idOf = (own: string): string => {
    const id = own === '' || ids.has(own) ? `row-${ordinal}` : own;
    ids.add(id);
    return id;
  };

  return {
    /** @returns `null` for a row of a kind that is not wanted */
    read({ line, values: texts }: TableRow): SetRow | RowProblem | null {
      ordinal++;
      const textIn = (field: Field): string => texts[columns[field] ?? '']?.trim() ?? '';
      const problem = (field: Field, message: string): RowProblem => ({
        line,
        column: columns[field] ?? null,
        message,
      });
      const prompt = textIn('prompt');
      if (prompt === '') return problem('prompt', 'The prompt is empty.');
      const kind = columns.kind === undefined ? mapping.kind : kindIn(textIn('kind'));
      if (kind === 'skip') return null;
      if (kind === null)
        return problem('kind', `“${excerpt(textIn('kind'), 40)}” is no kind of behavior; say what it means.`);
      const optional = (['target', 'context', 'secret'] as const).flatMap((field) => {
        const text = textIn(field);
        return text === '' ? [] : [[field, text] as const];
      });
      for (const [field, text] of [['prompt', prompt] as const, ...optional])
        if (text.includes('\ufffd'))
          return problem(field, 'It holds bytes that are no text in this encoding; choose another encoding.');
      const checked = setRowSchema.safeParse({
        id: idOf(textIn('id')),
        prompt,
        category: textIn('category') || undefined,
        kind,
        ...Object.fromEntries(optional),
      });
      if (checked.success) return checked.data;
      const [issue] = checked.error.issues;
      return problem(issue?.path[0] as Field, issue?.message ?? 'It is not valid.');
    },
    /** What every value that was met means. */
    kinds: (): Mapping['kinds'] =>
      Object.fromEntries(
        [...values.keys()].flatMap((value) => (kinds.has(value) ? [[value, kinds.get(value)!]] : [])),
      ),
    values: () => Array.from(values, ([value, count]) => ({ value, count })),
  };
}
