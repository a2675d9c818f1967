/** @file What was asked and what the target answered, read from attack steps. Pure. */
import { groupedBy } from '../../../core/groups.ts';
import type { AttackStep } from '../../types.ts';
import { isNumber, isText, textOr, numberOrNull, isName, orNull } from './detail.ts';

export interface DialogueTurn {
  readonly step: number;
  readonly prompt: string;
  readonly response: string;
  readonly score: number | null;
  /** The turn was taken back. */
  readonly undone: boolean;
}
export interface Dialogue {
  readonly name: string;
  readonly turns: readonly DialogueTurn[];
}

/** Conversations side by side: one per stream, or a single one counted in turns. */
export function dialoguesOf(steps: readonly AttackStep[]): readonly Dialogue[] | null {
  const turns = steps.filter(
    ({ detail }) => isText(detail?.['response']) && (isName(detail['stream']) || isNumber(detail['turn'])),
  );
  const streams = groupedBy(turns, ({ detail }) => detail?.['stream'] ?? detail?.['restart'] ?? 0);
  return orNull(
    [...streams].map(([stream, streamTurns]) => ({
      name: `Conversation ${isNumber(stream) ? stream + 1 : String(stream)}`,
      turns: streamTurns.map(({ step, candidate = '', detail }) => ({
        step,
        prompt: candidate,
        response: textOr(detail?.['response'], ''),
        score: numberOrNull(detail?.['score']),
        undone: detail?.['backtracked'] === true,
      })),
    })),
  );
}

export interface AnswerRow {
  readonly step: number;
  /** The way of asking, where the attack has a name for it; else the prompt itself. */
  readonly name: string;
  readonly prompt: string;
  readonly response: string;
  /** `null`: not asked, or it could not be told. */
  readonly refused: boolean | null;
  /** The attack's own word for the outcome. */
  readonly verdict: string;
}

/** Prompts that were tried one after the other, and what the target answered to each. */
export const answersOf = (steps: readonly AttackStep[]): readonly AnswerRow[] | null =>
  orNull(
    steps.flatMap(({ step, candidate = '', detail = {} }): AnswerRow[] => {
      const { variant, scenario, refused, response, verdict, unsent } = detail;
      const name =
        [variant, scenario].find(isName) ?? (isText(verdict) && isText(response) ? candidate : null);
      if (name === null) return [];
      return [
        {
          step,
          name: String(name),
          prompt: candidate,
          response: textOr(response, ''),
          refused: typeof refused === 'boolean' ? refused : verdict === 'refused' ? true : null,
          verdict: textOr(verdict, isText(unsent) ? 'unsent' : ''),
        },
      ];
    }),
  );
