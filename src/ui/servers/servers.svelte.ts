/** @file The servers that a connected page asks. Addresses and keys are kept in memory: a reload forgets them. */
import { user } from '../../core/chat.ts';
import { failure, type Failure, type Outcome } from '../../core/errors.ts';
import { distinct } from '../../core/groups.ts';
import { defaultSampling } from '../../lab/plan/plan.ts';
import {
  endpointId,
  forCheck,
  serverSettings,
  unreachedAdvice,
  type PageFacts,
  type ServerFields,
} from '../../lab/plan/server-settings.ts';
import type { ChatReply } from '../../lab/records/reply.ts';
import type { LabClient } from '../../lab/worker/lab-client.ts';
import type { LabInfo } from '../state/lab-info.svelte.ts';
import type { ModelLoads } from '../state/model-loads.svelte.ts';

type Settings = ReturnType<typeof serverSettings>;

export interface ConnectedServer {
  readonly settings: Settings;
  /** Ids of its models, as plans name them. */
  readonly models: readonly string[];
  /** What it answered when it was checked. */
  readonly answer: Pick<ChatReply['generation'], 'text' | 'thoughts' | 'served'>;
}

interface Parts {
  readonly lab: Pick<LabClient, 'connect' | 'chat'>;
  readonly labInfo: Pick<LabInfo, 'addModel'>;
  readonly modelLoads: Pick<ModelLoads, 'forget'>;
  readonly page: PageFacts;
}

export class Servers {
  address = $state('');
  name = $state('');
  key = $state('');
  /** Empty: the first that the server lists. */
  model = $state('');
  concurrency = $state<ServerFields['concurrency']>(8);
  maxRequests = $state<ServerFields['maxRequests']>(null);
  checking = $state(false);
  failure = $state.raw<Failure | null>(null);
  connected = $state.raw<readonly ConnectedServer[]>([]);
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.address = parts.page.origins[0] ?? '';
  }

  get page(): PageFacts {
    return this.#parts.page;
  }

  /**
   * Ask the server for its models and one of them for a short answer. Where that fails, the servers of before stay
   * connected. Either way a fresh worker starts, and models in memory are loaded again when needed.
   */
  check = async (): Promise<void> => {
    if (this.checking) return;
    [this.checking, this.failure] = [true, null];
    const outcome = await this.#check();
    if (outcome.status === 'done') {
      const others = this.connected.filter(({ settings }) => settings.name !== outcome.value.settings.name);
      this.connected = [...others, outcome.value];
    } else if (outcome.status === 'failed') this.failure = this.#explained(outcome);
    await this.#connect();
    this.checking = false;
  };

  disconnect = async (server: ConnectedServer): Promise<void> => {
    this.connected = this.connected.filter((other) => other !== server);
    await this.#connect();
  };

  async #check(): Promise<Outcome<ConnectedServer>> {
    const { lab, labInfo, page } = this.#parts;
    let settings: Settings;
    try {
      settings = serverSettings(this, page);
    } catch (error) {
      return failure(error);
    }
    const listed = await lab.connect([forCheck(settings)]);
    if (listed.status !== 'done') return listed;
    const named = this.model.trim();
    const model = named === '' ? listed.value[0] : endpointId(settings.name, named);
    if (model === undefined) return failed('The server lists no models.', 'Type the name of the model.');
    const reply = await lab.chat({
      model,
      messages: [user(/* @wc-ignore */ 'Say hello.')],
      defenses: [],
      roles: {},
      sampling: { ...defaultSampling, maxNewTokens: 16 },
      seed: 0,
    });
    if (reply.status !== 'done') return reply;
    const models = distinct([model, ...listed.value]);
    for (const id of models) labInfo.addModel(id);
    return { status: 'done', value: { settings, models, answer: reply.value.generation } };
  }

  async #connect(): Promise<void> {
    await this.#parts.lab.connect(this.connected.map(({ settings }) => settings));
    this.#parts.modelLoads.forget();
  }

  /** Browsers hide from a page why it could not reach another host. */
  #explained = (failed: Failure): Failure =>
    /connection failed/.test(failed.message)
      ? { ...failed, advice: unreachedAdvice(this.#parts.page.own) }
      : failed;
}

const failed = (message: string, advice: string): Failure => ({
  status: 'failed',
  code: 'bad-input',
  message,
  advice,
});
