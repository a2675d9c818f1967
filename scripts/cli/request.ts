/** @file What `attack` and `chat` share: the options of a single request, and how its scores are printed. */
import type { Score } from '../../src/evaluators/evaluator.ts';
import { readVariables } from '../../src/lab/plan/chat-template.ts';
import type { DeviceKind } from '../../src/lab/records/run.ts';
import type { PrecisionWish } from '../../src/models/precision.ts';
import type { NamingOptions } from './models/named.ts';
import { readDefense, ruleEvaluators } from './choices.ts';

export interface RequestOptions extends NamingOptions {
  readonly model: string;
  readonly defense: readonly string[];
  readonly role: readonly string[];
  readonly seed: number;
  readonly maxNewTokens: number;
  readonly temperature: number;
  readonly date?: string;
  readonly templateVar: readonly string[];
  readonly device: DeviceKind;
  readonly precision: PrecisionWish;
  readonly json?: true;
}

export const requestFields = ({
  model,
  defense,
  temperature,
  maxNewTokens,
  seed,
  date,
  templateVar,
}: RequestOptions) => ({
  model,
  chatTemplate: {
    ...(date !== undefined && { date }),
    variables: readVariables(templateVar),
  },
  defenses: defense.map(readDefense),
  evaluators: ruleEvaluators(),
  sampling: { temperature, topP: 1, maxNewTokens },
  seed,
});

export function printScores(scores: Readonly<Record<string, Pick<Score, 'value' | 'label'>>>): void {
  for (const [id, { value, label }] of Object.entries(scores))
    console.log(`${id.padEnd(20)} ${value === null ? 'could not tell' : value.toFixed(2)}  ${label}`);
}
