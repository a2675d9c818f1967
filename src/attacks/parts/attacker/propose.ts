/**
 * @file A new prompt from an attacker model, over one of two protocols: a conversation in which it answers in JSON and
 * remembers earlier exchanges or, for models that cannot, a single instruction whose answer is the new prompt.
 */
import { assistant, system, user, type ChatMessage } from '../../../core/chat.ts';
import { choice, integer, number } from '../../../core/options.ts';
import type { Random } from '../../../core/random.ts';
import type { LanguageModel } from '../../../models/language-model.ts';
import { ask, whereItFits, type RequestOptions } from '../ask.ts';
import { readJsonProposal, readPlainProposal, type Proposal } from './structured-reply.ts';

/** The options of the attacker. */
export const proposeOptions = {
  protocol: choice({
    description:
      'What the attacker is asked for: JSON, plain text, or (auto) JSON until it fails to write it. Small models need plain text.',
    choices: ['auto', 'json', 'plain'],
    default: 'auto',
  }),
  attempts: integer({
    description: 'Replies of the attacker that are read before a prompt is given up; PAIR and TAP use 5.',
    default: 2,
    min: 1,
    max: 20,
    unit: 'replies',
  }),
  keepLast: integer({
    description: 'Exchanges that the attacker remembers; PAIR uses 4, TAP 3.',
    default: 3,
    min: 1,
    max: 20,
    unit: 'exchanges',
  }),
  attackerTokens: integer({
    description: 'Most tokens that the attacker may write; PAIR and TAP use 500.',
    default: 128,
    min: 16,
    max: 2048,
    unit: 'tokens',
  }),
  attackerTemperature: number({
    description: 'Temperature of the attacker, whose prompts should vary; PAIR and TAP use 1.',
    default: 1,
    min: 0,
    max: 2,
  }),
} as const;

export interface ProposeOptions {
  readonly protocol: 'auto' | 'json' | 'plain';
  readonly attempts: number;
  readonly keepLast: number;
  readonly attackerTokens: number;
  readonly attackerTemperature: number;
}

/** The conversation between an attack and its attacker model so far. */
export interface Dialogue {
  /** Exchanges in JSON, without the system prompt. */
  readonly history: readonly ChatMessage[];
  /** True if the attacker is asked for plain text: by option, or because it failed to write JSON. */
  readonly plain: boolean;
}

export const startDialogue = ({ protocol }: Pick<ProposeOptions, 'protocol'>): Dialogue => ({
  history: [],
  plain: protocol === 'plain',
});

/** The instructions to the attacker, for either protocol. */
export interface Briefing {
  readonly system: string;
  readonly turn: string;
  readonly plain: string;
}

export interface ProposalOutcome {
  /** `null` when no reply was readable. */
  readonly proposal: Proposal | null;
  readonly dialogue: Dialogue;
  /** Number of unreadable replies. */
  readonly unreadable: number;
}

export interface ProposeContext {
  readonly options: ProposeOptions;
  readonly random: Random;
  readonly signal: AbortSignal;
}

/** The assistant prefix of the attacker: the start of the object, so that open models write nothing before it. */
const jsonOpening = '{"improvement": "';

/** Ask the attacker for a prompt. An exchange without a readable reply is not added to the dialogue. */
export async function propose(
  attacker: LanguageModel,
  dialogue: Dialogue,
  briefing: Briefing,
  context: ProposeContext,
): Promise<ProposalOutcome> {
  const { protocol, keepLast } = context.options;
  let unreadableJson = 0;
  if (!dialogue.plain) {
    const messages = [system(briefing.system), ...dialogue.history, user(briefing.turn)];
    const { proposal, unreadable } = await untilReadable(context, async (request) => {
      const rest = await ask(attacker, messages, { ...request, assistantPrefix: jsonOpening });
      return readJsonProposal(jsonOpening + rest);
    });
    if (proposal !== null) {
      const exchange = [user(briefing.turn), assistant(JSON.stringify(proposal))];
      const history = [...dialogue.history, ...exchange].slice(-2 * keepLast);
      return { proposal, unreadable, dialogue: { ...dialogue, history } };
    }
    if (protocol === 'json') return { proposal, unreadable, dialogue };
    unreadableJson = unreadable;
  }
  const { proposal, unreadable } = await untilReadable(context, async (request) =>
    readPlainProposal(await ask(attacker, briefing.plain, request)),
  );
  return { proposal, unreadable: unreadableJson + unreadable, dialogue: { ...dialogue, plain: true } };
}

/** Ask until a reply is readable. A question that the attacker has no room for counts as unreadable too. */
async function untilReadable(
  { options, random, signal }: ProposeContext,
  read: (request: RequestOptions) => Promise<Proposal | null>,
): Promise<Pick<ProposalOutcome, 'proposal' | 'unreadable'>> {
  const sampling = { temperature: options.attackerTemperature, topP: 0.9 };
  const request = { maxNewTokens: options.attackerTokens, sampling, random, signal };
  for (let unreadable = 0; unreadable < options.attempts; unreadable++) {
    const proposal = await whereItFits(() => read(request));
    if (proposal !== null) return { proposal, unreadable };
  }
  return { proposal: null, unreadable: options.attempts };
}
