/** @file One level of the Vault as it is played: the player's tries, what each brought, and the first look at the guard. */
import type { Failure } from '../../core/errors.ts';
import { rolesNeeded } from '../../core/method.ts';
import type { ChatReply } from '../../lab/records/reply.ts';
import { verdictOf, type Verdict } from '../../lab/vault/grading.ts';
import { plainRequest, requestOf, type VaultLevel } from '../../lab/vault/level.ts';
import { whatBeatWhat } from '../../lab/vault/what-beat-what.ts';
import type { LabClient } from '../../lab/worker/lab-client.ts';
import type { LabInfo } from '../state/lab-info.svelte.ts';
import type { Progress } from './progress.svelte.ts';

export interface Try {
  /** 0 for the plain request, which the page asks by itself and which does not count. */
  readonly number: number;
  readonly prompt: string;
  readonly status: 'running' | 'done' | 'stopped' | 'failed';
  readonly reply: ChatReply | null;
  readonly verdict: Verdict | null;
  readonly failure: Failure | null;
}

interface GameParts {
  readonly lab: Pick<LabClient, 'chat'>;
  readonly labInfo: Pick<LabInfo, 'catalogue' | 'name'>;
  readonly progress: Progress;
  /** Loads a model where its progress shows. */
  readonly load: (model: string) => Promise<void>;
}

export class VaultGame {
  readonly level: VaultLevel;
  /** The latest first. */
  tries = $state.raw<readonly Try[]>([]);
  readonly latest = $derived(this.tries[0] ?? null);
  /** An answer is on its way. */
  readonly busy = $derived(this.latest?.status === 'running');
  /** An answer to the player is. */
  readonly running = $derived(this.busy && this.latest!.number > 0);
  readonly #parts: GameParts;
  #controller: AbortController | null = null;

  constructor(level: VaultLevel, parts: GameParts) {
    [this.level, this.#parts] = [level, parts];
  }

  /** Ask plainly, so that the page shows at once what the guard does. Not counted. */
  look = (): Promise<void> => this.#ask(plainRequest(this.level), 0);

  /** The player does not wait for the first look. */
  ask = async (words: string): Promise<void> => {
    const prompt = words.trim();
    if (prompt === '' || this.running) return;
    this.stop();
    const { progress } = this.#parts;
    await this.#ask(prompt, progress.of(this.level.id).attempts + 1);
  };

  stop = (): void => this.#controller?.abort();

  /** Begin the level anew. */
  forget = (): void => {
    this.stop();
    this.tries = [];
  };

  async #ask(prompt: string, number: number): Promise<void> {
    const { lab, labInfo, load, progress } = this.#parts;
    const { catalogue } = labInfo;
    if (!catalogue) return;
    const controller = (this.#controller = new AbortController());
    const asked: Try = { number, prompt, status: 'running', reply: null, verdict: null, failure: null };
    this.tries = [asked, ...this.tries];
    for (const model of this.#models()) void load(model);
    const outcome = await lab.chat(requestOf(this.level, prompt, catalogue.roles), {
      signal: controller.signal,
    });
    const settle = (result: Partial<Try>) =>
      void (this.tries = this.tries.map((one) => (one === asked ? { ...one, ...result } : one)));
    if (outcome.status === 'cancelled') return settle({ status: 'stopped' });
    if (outcome.status === 'failed') return settle({ status: 'failed', failure: outcome });
    const reply = outcome.value;
    const verdict = verdictOf(this.level, reply);
    if (number > 0) progress.count(this.level.id);
    if (verdict.opened && number > 0)
      progress.solve(this.level.id, prompt, whatBeatWhat(reply.generation.events, labInfo.name));
    settle({ status: 'done', reply, verdict });
  }

  /** The model, and those that the defenses consult. */
  #models(): readonly string[] {
    const { catalogue } = this.#parts.labInfo;
    const roles = this.level.defenses.flatMap(({ id, options }) => {
      const card = catalogue?.defenses.find((defense) => defense.id === id);
      return card ? rolesNeeded(card, options ?? {}) : [];
    });
    return [this.level.model, ...roles.flatMap((role) => catalogue?.roles[role] ?? [])];
  }
}
