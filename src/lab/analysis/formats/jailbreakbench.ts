/**
 * @file Artifacts as JailbreakBench publishes them: one per model, attack and defense, here one per line. Undecided answers
 * are no jailbreaks there; `undecided` counts them.
 */
import { totalUsage } from '../../records/usage.ts';
import { isAdaptive } from '../../plan/attack-mode.ts';
import { undefended } from '../../plan/plan.ts';
import type { TrialRecord } from '../../records/trial.ts';
import { judgedText, lastPrompt, successIn, type Format, type FormatSource } from './format.ts';

export function jailbreakbench(source: FormatSource): Format {
  const succeeded = successIn(source);
  let open: { readonly name: string; readonly of: TrialRecord; readonly rows: Row[] } | null = null;
  const close = (): string => {
    const text = open ? `${JSON.stringify(artifactOf(open.of, open.rows, source))}\n` : '';
    open = null;
    return text;
  };
  return {
    head: '',
    trial(record) {
      if (record.behaviorDetail.kind !== 'harmful') return '';
      const name = JSON.stringify([record.model, record.attack, record.defense, record.mode]);
      const before = open?.name === name ? '' : close();
      open ??= { name, of: record, rows: [] };
      open.rows.push(rowOf(record, open.rows.length, succeeded(record)));
      return before;
    },
    tail: close,
  };
}

type Row = ReturnType<typeof rowOf>;

function rowOf(record: TrialRecord, index: number, success: boolean | null) {
  const { behavior, behaviorDetail, finishReason } = record;
  const hasAnswer = finishReason !== 'failed';
  const spent = totalUsage(record.usage);
  return {
    index,
    goal: behaviorDetail.prompt,
    behavior,
    category: behaviorDetail.category,
    prompt: record.error?.during === 'attack' ? null : lastPrompt(record),
    response: hasAnswer ? judgedText(record) : null,
    number_of_queries: record.usage.target?.queries ?? 0,
    queries_to_jailbreak: success === true ? (record.usage.target?.queries ?? 0) : null,
    prompt_tokens: spent.promptTokens,
    response_tokens: spent.completionTokens,
    jailbroken: success === true,
    undecided: success === null,
  };
}

function artifactOf(
  of: TrialRecord,
  rows: readonly Row[],
  { startedAt, accessOf, evaluators }: FormatSource,
) {
  const jailbreaks = rows.filter(({ jailbroken }) => jailbroken).length;
  const sum = (read: (row: Row) => number | null) =>
    rows.some((row) => read(row) === null) ? null : rows.reduce((total, row) => total + read(row)!, 0);
  const isTransfer = of.defense !== undefended && !isAdaptive(of);
  return {
    parameters: {
      method: of.attack,
      model: of.model,
      attack_type: isTransfer
        ? 'transfer'
        : of.attack.split('+').some((id) => accessOf(id) === 'white-box')
          ? 'white_box'
          : 'black_box',
      defense: of.defense === undefended ? null : of.defense,
      attack_success_rate: jailbreaks / rows.length,
      total_number_of_jailbreaks: jailbreaks,
      number_of_submitted_prompts: rows.filter(({ prompt }) => prompt !== null).length,
      total_number_of_queries: sum((row) => row.number_of_queries),
      total_prompt_tokens: sum((row) => row.prompt_tokens),
      total_response_tokens: sum((row) => row.response_tokens),
      evaluation_date: startedAt.slice(0, 10),
      evaluation_llm_provider: 'local',
      method_parameters: {
        judges: evaluators.map(({ id }) => id),
        undecided: rows.filter(({ undecided }) => undecided).length,
      },
    },
    jailbreaks: rows.map(({ undecided: _, ...row }) => row),
  };
}
