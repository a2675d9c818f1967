/** @file One side of the playground: a conversation with a model behind a stack of defenses, possibly empty. */
import type { ChatMessage } from '../../core/chat.ts';
import type { Failure } from '../../core/errors.ts';
import { splitThoughts } from '../../core/thoughts.ts';
import type { ChatReply } from '../../lab/records/reply.ts';
import type { ChatRequest } from '../../lab/plan/request.ts';
import type { LabClient } from '../../lab/worker/lab-client.ts';
import type { AttackStep, TokenTrace } from '../types.ts';

export type ColumnRequest = Omit<ChatRequest, 'messages'>;

/** Whom a turn asked, and for what. */
export type Asked = Pick<ChatRequest, 'model' | 'behavior'>;

/** One prompt and its answer. */
export class Turn {
  readonly prompt: string;
  readonly asked: Asked;
  /** True in the defended column for a turn without a defense: its answer is the undefended one. */
  readonly isShared: boolean;
  status = $state<'running' | 'done' | 'stopped' | 'failed'>('running');
  /** The answer, without the thoughts before it. */
  text = $state('');
  thoughts = $state<string | undefined>(undefined);
  tokens = $state.raw<readonly TokenTrace[]>([]);
  step = $state.raw<AttackStep | null>(null);
  reply = $state.raw<ChatReply | null>(null);
  failure = $state.raw<Failure | null>(null);

  constructor(prompt: string, asked: Asked, isShared = false) {
    [this.prompt, this.asked, this.isShared] = [prompt, asked, isShared];
  }
}

export class ChatColumn {
  turns = $state.raw<readonly Turn[]>([]);
  readonly running = $derived(this.turns.at(-1)?.status === 'running');
  #controller: AbortController | null = null;
  readonly #lab: Pick<LabClient, 'chat'>;
  readonly #ontoken: () => void;

  constructor(lab: Pick<LabClient, 'chat'>, ontoken: () => void) {
    [this.#lab, this.#ontoken] = [lab, ontoken];
  }

  /** Earlier turns as the model saw and answered them. Turns that failed are left out. */
  readonly #history = $derived(
    this.turns
      .filter(({ reply }) => reply !== null)
      .flatMap((turn): ChatMessage[] => [
        { role: 'user', content: turn.prompt },
        { role: 'assistant', content: turn.text },
      ]),
  );

  send = async (prompt: string, request: ColumnRequest): Promise<void> => {
    this.stop();
    const controller = (this.#controller = new AbortController());
    const isCurrent = () => this.#controller === controller;
    const messages = [...this.#history, { role: 'user' as const, content: prompt }];
    const { model, behavior } = request;
    const turn = new Turn(prompt, { model, ...(behavior && { behavior }) });
    this.turns = [...this.turns, turn];
    const outcome = await this.#lab.chat(
      { ...request, messages },
      {
        signal: controller.signal,
        onToken: (token, text) => {
          if (!isCurrent()) return;
          turn.tokens = [...turn.tokens, token];
          const { thoughts, answer } = splitThoughts(text);
          [turn.text, turn.thoughts] = [answer, thoughts ?? undefined];
          this.#ontoken();
        },
        onStep: (step) => void (isCurrent() && (turn.step = step)),
      },
    );
    if (!isCurrent()) return;
    this.#controller = null;
    if (outcome.status === 'done') {
      // The final text may differ from what streamed: an output defense replaces it.
      const { generation } = outcome.value;
      [turn.reply, turn.text, turn.tokens] = [outcome.value, generation.text, generation.tokens];
      turn.thoughts = generation.thoughts;
    } else if (outcome.status === 'failed') turn.failure = outcome;
    turn.status = outcome.status === 'cancelled' ? 'stopped' : outcome.status;
  };

  /** Take over a turn of the other column, so that both have had as many. */
  share = ({ prompt, asked, status, text, thoughts, reply }: Turn): void => {
    const turn = new Turn(prompt, asked, true);
    [turn.status, turn.text, turn.thoughts, turn.reply] = [status, text, thoughts, reply];
    this.turns = [...this.turns, turn];
  };

  /** Turns of an earlier visit. */
  restore = (turns: readonly Turn[]): void => {
    this.stop();
    this.turns = turns;
  };

  /** Takes effect at once; text that has arrived stays. */
  stop = (): void => {
    this.#controller?.abort();
    this.#controller = null;
    const last = this.turns.at(-1);
    if (last?.status === 'running') last.status = 'stopped';
  };

  clear = (): void => {
    this.stop();
    this.turns = [];
  };
}
