/** @file Reads the training data of a file: conversations, prompts with labelled answers, or preferences. */
import type { ChatMessage } from '../../../core/chat.ts';
import { LabError } from '../../../core/errors.ts';
import type { TrainingData } from '../../../core/training-data.ts';
import type { Reading } from '../encoding.ts';
import { createProblems, type LeftOut } from '../problems.ts';
import { isProblem, type TableRow } from '../table-row.ts';
import { checkColumns, openTable, type Table, type TableChoices } from '../table.ts';
import { createCollection } from './collect.ts';
import { trainingColumns, type TrainingColumns, type TrainingField } from './columns.ts';
import { createLabels, type LabelMeaning, type LabelValue } from './labels.ts';
import { labelledShape } from './labelled.ts';
import { messagesShape } from './messages.ts';
import { preferencesShape } from './preferences.ts';
import { RowError, type AnswerKind } from './training-row.ts';

export interface TrainingFileChoices extends TableChoices {
  /** Columns by what they hold; `null`: none does. */
  readonly columns?: Readonly<Partial<Record<TrainingField, string | null>>> | undefined;
  /** Of answers that no column labels. Default: benign. */
  readonly kind?: AnswerKind | undefined;
  /** What the values of the labels' column mean. */
  readonly labels?: Readonly<Record<string, LabelMeaning>> | undefined;
}

/** What a file of training data holds. */
export interface TrainingFileReport extends Omit<Table, 'sample' | 'rows'>, LeftOut {
  /** Title of what its rows are. */
  readonly shape: string;
  readonly note: string | null;
  readonly mapped: TrainingColumns;
  /** The values of the labels' column, the first of them. */
  readonly labels: readonly LabelValue[];
  readonly counts: Readonly<Record<AnswerKind | 'preferences', number>>;
}

export interface TrainingFile {
  readonly report: TrainingFileReport;
  readonly data: TrainingData;
}

export interface TrainingReading extends Reading {
  /** Why the model cannot be trained on an answer, such as one that is longer than its context; `null` when it can. */
  readonly obstacle?: (prompt: readonly ChatMessage[], answer: string) => string | null;
}

/** The first that fits is taken: the more telling columns come first. */
const shapes = [preferencesShape, messagesShape, labelledShape] as const;

/**
 * @param name of the file, whose ending suggests its format
 * @throws LabError 'bad-input' for a file that holds no such rows, or the signal's reason
 */
export async function readTrainingFile(
  file: Blob,
  name: string,
  choices: TrainingFileChoices = {},
  { obstacle = () => null, ...reading }: TrainingReading = {},
): Promise<TrainingFile> {
  const { sample: _, rows, ...table } = await openTable(file, name, choices, () => true, reading);
  checkColumns(Object.values(choices.columns ?? {}), table.columns);
  const mapped = trainingColumns(table.columns, choices.columns);
  const shape = shapes.find(({ fits }) => fits(mapped));
  if (!shape) throw unknownColumns(table.columns);
  const labels = createLabels(mapped.label, choices.labels ?? {}, choices.kind ?? 'benign');
  const collection = createCollection();
  const checkFit = (prompt: readonly ChatMessage[], answers: readonly string[]) => {
    for (const answer of answers) {
      const why = obstacle(prompt, answer);
      if (why !== null) throw new RowError(null, why);
    }
  };
  const take = (row: TableRow) => {
    if (shape.id === 'preferences') {
      const preference = shape.read(row, mapped);
      checkFit(preference.prompt, [preference.chosen, preference.rejected]);
      return collection.preference(preference, row.line);
    }
    const answer = shape.read(row, mapped);
    const kind = labels.read(answer.label);
    if (kind === 'skip') return;
    checkFit(answer.prompt, [answer.answer]);
    collection.answer(answer, kind, row.line);
  };

  const leftOut = createProblems();
  for await (const batch of rows)
    for (const row of batch) {
      if (isProblem(row)) leftOut.add(row);
      else
        try {
          take(row);
        } catch (error) {
          if (!(error instanceof RowError)) throw error;
          leftOut.add({ line: row.line, column: error.column, message: error.message });
        }
    }
  reading.signal?.throwIfAborted();
  return {
    report: {
      ...table,
      ...{ shape: shape.title, note: shape.note, mapped, labels: labels.values() },
      ...{ counts: collection.counts, ...leftOut.result() },
    },
    data: collection.data,
  };
}

const unknownColumns = (columns: readonly string[]): LabError =>
  new LabError(
    'bad-input',
    columns.length === 0
      ? 'The file holds no rows that can be read.'
      : `The columns of the file are no training data: ${columns.slice(0, 20).join(', ')}.`,
    {
      advice:
        'Give "messages" (conversations), "prompt" and "answer" with perhaps "label" (benign, safe or harmful), or ' +
        '"prompt", "chosen" and "rejected".',
    },
  );
