/**
 * @file New prompts from an attacker model, over one of two protocols. JSON: a conversation in which it gives reason and
 * prompt and remembers its last prompts, their answers and their scores. Plain: one instruction that shows the last
 * prompt, its answer and its score, answered with the new prompt. A run keeps to one protocol.
 */
import { assistant, system, user, type ChatMessage } from '../../../core/chat.ts';
import type { Random } from '../../../core/random.ts';
import type { LanguageModel } from '../../../models/language-model.ts';
import type { AttackerReplies } from '../../attack.ts';
import { replyTo, whereItFits, type RequestOptions } from '../ask.ts';
import type { ProposeOptions } from './propose-options.ts';
import {
  closedReason,
  lacksPrompt,
  readJsonProposal,
  readPlainProposal,
  salvagedPrompt,
  wholeSentences,
  type Proposal,
} from './structured-reply.ts';

export type Protocol = AttackerReplies['protocol'];

/** The exchanges in JSON so far, without the system prompt. */
export type Dialogue = readonly ChatMessage[];

/** What the attacker is asked, in either protocol. */
export interface Briefing {
  readonly system: string;
  readonly turn: string;
  readonly plain: string;
  /** The request that the prompts are for: a plain reply that answers it is none. */
  readonly goal: string;
  /** False for a plain prompt that must not be sent. Default: all may be. */
  readonly mayBeSent?: (prompt: string) => boolean;
}

export interface ProposalOutcome {
  /** `null` when no reply was readable. */
  readonly proposal: Proposal | null;
  readonly dialogue: Dialogue;
  readonly protocol: Protocol;
  /**
   * What the prompt was read from: a JSON object, the prompt field of one that breaks off or is malformed, or plain
   * text; `null` without a prompt.
   */
  readonly form: 'json' | 'salvaged' | 'plain' | null;
  /** Number of unreadable replies. */
  readonly unreadable: number;
}

interface Draw {
  readonly random: Random;
  readonly signal: AbortSignal;
}

/** An attacker model in one run. */
export interface Proposer {
  /** Ask for a prompt. An exchange without a readable reply is not added to the dialogue. */
  propose(dialogue: Dialogue, briefing: Briefing, draw: Draw): Promise<ProposalOutcome>;
  /** An account for the result of the attack. */
  replies(): AttackerReplies;
}

/** The assistant prefix of the attacker: the start of the object, so that open models write nothing before it. */
const jsonOpening = '{"improvement": "';
/** A prompt that breaks off in its first sentence is sent only if no attempt gave more, and then from this length on. */
const leastFragment = 20;

type Read = Pick<ProposalOutcome, 'proposal' | 'form' | 'unreadable'>;

export function createProposer(attacker: LanguageModel, options: ProposeOptions): Proposer {
  const account = { protocol: null as Protocol | null, prompts: 0, json: 0, salvaged: 0, unreadable: 0 };
  let choice = options.protocol === 'auto' ? null : Promise.resolve<Protocol>(options.protocol);

  const requestOf = ({ random, signal }: Draw): RequestOptions => ({
    maxNewTokens: options.attackerTokens,
    sampling: { temperature: options.attackerTemperature, topP: 0.9 },
    random,
    signal,
  });

  /** `cut`: some reply reached the limit of tokens, so that its form is not known. */
  async function readJson(
    dialogue: Dialogue,
    briefing: Briefing,
    draw: Draw,
  ): Promise<Read & { cut: boolean }> {
    const messages = [system(briefing.system), ...dialogue, user(briefing.turn)];
    let opening = jsonOpening;
    let fragment = '';
    let cut = false;
    for (let unreadable = 0; unreadable < options.attempts; unreadable++) {
      const request = { ...requestOf(draw), assistantPrefix: opening };
      const reply = await whereItFits(() => replyTo(attacker, messages, request));
      if (reply === null) continue;
      const text = opening + reply.text;
      const proposal = readJsonProposal(text);
      if (proposal !== null) return { proposal, form: 'json', unreadable, cut };
      const salvaged = salvagedPrompt(text);
      if (salvaged?.usable)
        return { proposal: { prompt: salvaged.prompt }, form: 'salvaged', unreadable, cut };
      if (salvaged && salvaged.prompt.length > fragment.length) fragment = salvaged.prompt;
      const breaksOff = reply.finishReason === 'length';
      cut ||= breaksOff;
      // The object has no prompt, or no room for it: the next attempt begins behind the reason.
      if (salvaged === null && (breaksOff || lacksPrompt(text))) opening = closedReason(text);
    }
    const unreadable = options.attempts;
    return fragment.length < leastFragment
      ? { proposal: null, form: null, unreadable, cut }
      : { proposal: { prompt: fragment }, form: 'salvaged', unreadable: unreadable - 1, cut };
  }

  async function readPlain({ plain, goal, mayBeSent = () => true }: Briefing, draw: Draw): Promise<Read> {
    for (let unreadable = 0; unreadable < options.attempts; unreadable++) {
      const reply = await whereItFits(() => replyTo(attacker, plain, requestOf(draw)));
      const breaksOff = reply?.finishReason === 'length';
      const text = breaksOff ? (wholeSentences(reply.text) ?? reply.text) : reply?.text;
      const proposal = text === undefined ? null : readPlainProposal(text, goal);
      if (proposal && mayBeSent(proposal.prompt)) return { proposal, form: 'plain', unreadable };
    }
    return { proposal: null, form: null, unreadable: options.attempts };
  }

  const counted = (
    dialogue: Dialogue,
    briefing: Briefing,
    protocol: Protocol,
    read: Read,
  ): ProposalOutcome => {
    const { proposal, form, unreadable } = read;
    account.protocol = protocol;
    account.prompts++;
    if (form === null) account.unreadable++;
    else if (form !== 'plain') account[form]++;
    if (proposal === null || form === 'plain') return { proposal, form, unreadable, protocol, dialogue };
    const exchange = [user(briefing.turn), assistant(JSON.stringify(proposal))];
    const history = [...dialogue, ...exchange].slice(-2 * options.keepLast);
    return { proposal, form, unreadable, protocol, dialogue: history };
  };

  return {
    async propose(dialogue, briefing, draw) {
      if (choice !== null) {
        const protocol = await choice;
        const read = await (protocol === 'json'
          ? readJson(dialogue, briefing, draw)
          : readPlain(briefing, draw));
        return counted(dialogue, briefing, protocol, read);
      }
      const first = readJson(dialogue, briefing, draw);
      choice = first.then(({ proposal, cut }) => (proposal !== null || cut ? 'json' : 'plain'));
      // Whoever waits for the choice sees the failure as well; with nobody waiting, `first` reports it.
      choice.catch(() => undefined);
      const read = await first;
      if ((await choice) === 'json') return counted(dialogue, briefing, 'json', read);
      const plain = await readPlain(briefing, draw);
      const unreadable = read.unreadable + plain.unreadable;
      return counted(dialogue, briefing, 'plain', { ...plain, unreadable });
    },
    replies: () => ({ ...account, protocol: account.protocol ?? 'json' }),
  };
}
