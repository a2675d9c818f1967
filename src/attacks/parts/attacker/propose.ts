/**
 * @file A new prompt by an attacker model, over one of two protocols: a conversation in which it answers with JSON
 * and remembers what came before, or, for models that cannot, one instruction whose answer is the new prompt.
 */
import { assistant, system, user, type ChatMessage } from '../../../core/chat.ts';
import { choice, integer, number } from '../../../core/options.ts';
import type { Random } from '../../../core/random.ts';
import type { LanguageModel } from '../../../models/language-model.ts';
import { ask, whereItFits, type Asking } from '../ask.ts';
import { readJsonProposal, readPlainProposal, type Proposal } from './structured-reply.ts';

/** The options of the attacker. */
export const proposeOptions = {
  protocol: choice({
    description:
      'How the attacker is asked: for JSON, for plain text, or for JSON until it fails to write it. Small models need plain text.',
    choices: ['auto', 'json', 'plain'],
    default: 'auto',
  }),
  attempts: integer({
    description: 'Replies of the attacker that are tried before a prompt is given up; PAIR and TAP have 5.',
    default: 2,
    min: 1,
    max: 20,
    unit: 'replies',
  }),
  keepLast: integer({
    description: 'Exchanges that the attacker remembers; PAIR has 4, TAP 3.',
    default: 3,
    min: 1,
    max: 20,
    unit: 'exchanges',
  }),
  attackerTokens: integer({
    description: 'Most tokens that the attacker may write; PAIR and TAP have 500.',
    default: 128,
    min: 16,
    max: 2048,
    unit: 'tokens',
  }),
  attackerTemperature: number({
    description: 'Temperature of the attacker, which needs variety; PAIR and TAP have 1.',
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

/** What has passed between an attack and its attacker. */
export interface Dialogue {
  /** Exchanges in JSON, without the system prompt. */
  readonly history: readonly ChatMessage[];
  /** The attacker is asked for bare text: by option, or because it failed to write JSON. */
  readonly plain: boolean;
}

export const startDialogue = ({ protocol }: Pick<ProposeOptions, 'protocol'>): Dialogue => ({
  history: [],
  plain: protocol === 'plain',
});

/** What the attacker is told, for either protocol. */
export interface Briefing {
  readonly system: string;
  readonly turn: string;
  readonly plain: string;
}

export interface Proposed {
  /** `null` when no reply could be read. */
  readonly proposal: Proposal | null;
  readonly dialogue: Dialogue;
  /** Replies that could not be read. */
  readonly unreadable: number;
}

export interface ProposeContext {
  readonly options: ProposeOptions;
  readonly random: Random;
  readonly signal: AbortSignal;
}

/** Puts the start of the object in the attacker's mouth, so that open models write nothing before it. */
const jsonOpening = '{"improvement": "';

/** Ask the attacker for a prompt. An exchange that came to nothing leaves no trace in the dialogue. */
export async function propose(
  attacker: LanguageModel,
  dialogue: Dialogue,
  briefing: Briefing,
  context: ProposeContext,
): Promise<Proposed> {
  const { protocol, keepLast } = context.options;
  let wasted = 0;
  if (!dialogue.plain) {
    const messages = [system(briefing.system), ...dialogue.history, user(briefing.turn)];
    const { proposal, unreadable } = await untilReadable(context, async (asking) => {
      const rest = await ask(attacker, messages, { ...asking, assistantPrefix: jsonOpening });
      return readJsonProposal(jsonOpening + rest);
    });
    if (proposal !== null) {
      const exchange = [user(briefing.turn), assistant(JSON.stringify(proposal))];
      const history = [...dialogue.history, ...exchange].slice(-2 * keepLast);
      return { proposal, unreadable, dialogue: { ...dialogue, history } };
    }
    if (protocol === 'json') return { proposal, unreadable, dialogue };
    wasted = unreadable;
  }
  const { proposal, unreadable } = await untilReadable(context, async (asking) =>
    readPlainProposal(await ask(attacker, briefing.plain, asking)),
  );
  return { proposal, unreadable: wasted + unreadable, dialogue: { ...dialogue, plain: true } };
}

/** Ask until a reply can be read. One that has no room for its words cannot be read either. */
async function untilReadable(
  { options, random, signal }: ProposeContext,
  read: (asking: Asking) => Promise<Proposal | null>,
): Promise<Pick<Proposed, 'proposal' | 'unreadable'>> {
  const sampling = { temperature: options.attackerTemperature, topP: 0.9 };
  const asking = { maxNewTokens: options.attackerTokens, sampling, random, signal };
  for (let unreadable = 0; unreadable < options.attempts; unreadable++) {
    const proposal = await whereItFits(() => read(asking));
    if (proposal !== null) return { proposal, unreadable };
  }
  return { proposal: null, unreadable: options.attempts };
}
