/** @file One side of the microscope: the answers under one policy, and their branches. */
import type { ChatReply } from '../../lab/records/reply.ts';
import type { Failure } from '../../core/errors.ts';
import type { ChatRequest } from '../../lab/plan/request.ts';
import type { LabClient } from '../../lab/worker/lab-client.ts';
import type { TokenOption, TokenTrace } from '../types.ts';
import { gathered, type OnFrame } from '../state/frames.ts';
import type { OptionInput } from '../state/method-pick.ts';

/** Where a branch left the answer that it came from. */
export interface Fork {
  readonly at: number;
  /** Text of the token that replaced the original one. */
  readonly text: string;
}

/** One answer. */
export class Take {
  readonly fork: Fork | null;
  status = $state<'running' | 'done' | 'stopped' | 'failed'>('running');
  text = $state('');
  tokens = $state.raw<readonly TokenTrace[]>([]);
  failure = $state.raw<Failure | null>(null);
  finish = $state<ChatReply['generation']['finishReason'] | null>(null);
  /** What an attack sent; `null` before the end, and where the prompt went as it is. */
  sent = $state.raw<ChatReply['attackResult'] | null>(null);

  constructor(fork: Fork | null) {
    this.fork = fork;
  }
}

export class Lane {
  /** Id of the decoding defense; `''` for none. */
  defense = $state('');
  options = $state.raw<OptionInput>({});
  /** The answer, then its branches. */
  takes = $state.raw<readonly Take[]>([]);
  chosen = $state(0);
  readonly take = $derived(this.takes[this.chosen] ?? null);
  readonly tokens = $derived(this.take?.tokens ?? []);
  readonly running = $derived(this.takes.some(({ status }) => status === 'running'));
  #controller: AbortController | null = null;
  /** The request of the first answer; its branches repeat it. */
  #request: ChatRequest | null = null;
  readonly #lab: Pick<LabClient, 'chat'>;
  readonly #onframe: OnFrame;
  readonly #ontoken: () => void;

  constructor(lab: Pick<LabClient, 'chat'>, onframe: OnFrame, ontoken: () => void) {
    [this.#lab, this.#onframe, this.#ontoken] = [lab, onframe, ontoken];
  }

  pick = (defense: string): void => {
    [this.defense, this.options] = [defense, {}];
  };

  start = async (request: ChatRequest): Promise<void> => {
    this.stop();
    this.#request = request;
    [this.takes, this.chosen] = [[], 0];
    await this.#write(request, null);
  };

  /** Write the answer again as far as token `at`, take `option` there, and let the model go on. It takes known ids. */
  branch = async (at: number, option: Pick<TokenOption, 'id' | 'text'>): Promise<void> => {
    const from = this.take;
    if (!from || !this.#request) return;
    const ids = [...from.tokens.slice(0, at).map(({ id }) => id), option.id];
    const forced = ids.filter((id) => id !== null);
    if (forced.length < ids.length) return;
    this.stop();
    await this.#write({ ...this.#request, forced }, { at, text: option.text });
  };

  /** Takes effect at once; text that has arrived stays. */
  stop = (): void => {
    this.#controller?.abort();
    this.#controller = null;
    for (const take of this.takes) if (take.status === 'running') take.status = 'stopped';
  };

  async #write(request: ChatRequest, fork: Fork | null): Promise<void> {
    const controller = (this.#controller = new AbortController());
    const isCurrent = () => this.#controller === controller;
    const take = new Take(fork);
    this.takes = [...this.takes, take];
    this.chosen = this.takes.length - 1;
    const tokens = gathered<readonly [TokenTrace, string]>(this.#onframe, (fresh) => {
      if (!isCurrent()) return;
      take.tokens = [...take.tokens, ...fresh.map(([token]) => token)];
      take.text = fresh.at(-1)![1];
    });
    const outcome = await this.#lab.chat(request, {
      signal: controller.signal,
      onToken: (token, text) => {
        tokens.add([token, text]);
        this.#ontoken();
      },
    });
    if (!isCurrent()) return;
    this.#controller = null;
    if (outcome.status === 'done') {
      const { generation, attackResult } = outcome.value;
      if (request.attack) take.sent = attackResult;
      [take.text, take.tokens, take.finish] = [generation.text, generation.tokens, generation.finishReason];
    } else if (outcome.status === 'failed') take.failure = outcome;
    take.status = outcome.status === 'cancelled' ? 'stopped' : outcome.status;
  }
}
