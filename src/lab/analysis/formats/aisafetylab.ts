/** @file Rows as AISafetyLab's scoring stage writes them: JSON Lines, with `final_score` 1 for an unsafe answer. */
import { judgedText, lastPrompt, successIn, type Format, type FormatSource } from './format.ts';

export function aisafetylab(source: FormatSource): Format {
  const succeeded = successIn(source);
  const indexes = new Map<string, number>();
  return {
    head: '',
    trial(record) {
      const { behavior, behaviorDetail, attack, defense, model, mode, attackResult } = record;
      if (!indexes.has(behavior)) indexes.set(behavior, indexes.size);
      const answer = judgedText(record);
      const success = succeeded(record);
      const row = {
        example_idx: indexes.get(behavior),
        query: behaviorDetail.prompt,
        target: behaviorDetail.target,
        category: behaviorDetail.category,
        final_query: lastPrompt(record),
        response: answer,
        success: attackResult.claimed ?? null,
        final_response: answer,
        final_score: success === null ? null : Number(success),
        method: attack,
        defense,
        model,
        ...(mode && { mode }),
        kind: behaviorDetail.kind,
      };
      return `${JSON.stringify(row)}\n`;
    },
    tail: () => '',
  };
}
