/** @file Trial records from a one-line outline: attack, behavior, response and score. For tests of summaries. */
import { user } from '../../src/core/chat.ts';
import type { AttackResult } from '../../src/attacks/attack.ts';
import type { TrialRecord } from '../../src/lab/records/trial.ts';
import { behavior } from './run/harness.ts';

export const answer = 'First ring the bell, then wait for the giant to open one eye.';

export interface RecordOutline {
  readonly attack: string;
  readonly id: string;
  readonly prompt?: string;
  readonly response?: string;
  /** The answer decoded, when it came in code. */
  readonly reading?: string;
  readonly claimed?: boolean | null;
  readonly outcomes?: AttackResult['outcomes'];
  readonly steps?: number;
  readonly harm?: number | null;
  /** What further evaluators say. */
  readonly scores?: Readonly<Record<string, number | null>>;
  readonly defense?: string;
  readonly answeredIn?: AttackResult['answeredIn'];
}

export const record = ({
  attack,
  id,
  defense = 'none',
  harm = 1,
  ...outline
}: RecordOutline): TrialRecord => ({
  version: 1,
  model: 'toy',
  behavior: id,
  attack,
  defense,
  behaviorDetail: behavior(id),
  attackResult: {
    messages: [user(outline.prompt ?? `${attack} ${id}`)],
    steps: outline.steps ?? 0,
    ...(outline.claimed !== undefined && { claimed: outline.claimed }),
    ...(outline.outcomes && { outcomes: outline.outcomes }),
    ...(outline.answeredIn && { answeredIn: outline.answeredIn }),
  },
  attackSteps: [],
  response: outline.response ?? answer,
  ...(outline.reading !== undefined && { reading: outline.reading }),
  finishReason: 'end',
  tokens: [],
  events: [],
  scores: Object.fromEntries(
    Object.entries({ harm, ...outline.scores }).map(([name, value]) => [
      name,
      { value, label: '', explanation: '' },
    ]),
  ),
  usage: {},
  attackUsage: {},
  seed: '',
  times: { startedAt: '', attackMs: 0, answerMs: 0, scoreMs: 0 },
});
