/** @file A model behind defenses, for an app to talk to. */
import { user, type ChatMessage } from '../core/chat.ts';
import type { ContrastPrompts } from '../core/contrast.ts';
import { LabError } from '../core/errors.ts';
import { grants } from '../core/method.ts';
import { createRandom } from '../core/random.ts';
import { hasToLearn, type PreparationContext } from '../defenses/defense.ts';
import { stack } from '../defenses/stack.ts';
import type { FinishReason, GenerateOptions, Generation, LanguageModel } from '../models/language-model.ts';
import type { RoleModels } from '../models/role-models.ts';
import type { ConfiguredDefense } from './configured.ts';

export interface ChatOptions extends Partial<
  Pick<GenerateOptions, 'maxNewTokens' | 'sampling' | 'seed' | 'stop' | 'signal'>
> {
  /**
   * Called with the answer so far, thoughts and their tags included, while it is written. Nothing that a defense may still
   * withhold is shown: behind most output defenses the text comes once, at the end of the call, and not here.
   */
  readonly onText?: (text: string) => void;
}

export interface ChatReply {
  /** What to show: the answer, or the words with which a defense declines. */
  readonly text: string;
  /** What a reasoning model thought before it answered. */
  readonly thoughts?: string;
  /** The defense that declined or cut the answer; `null` if none did. */
  readonly blocked: { readonly by: string; readonly reason: string } | null;
  readonly finishReason: FinishReason;
  /** What each defense did, in order, with the scores of those that decide by one. */
  readonly events: Generation['events'];
}

/** A model of the same contract as the one it wraps, with a call for apps. */
export interface DefendedModel extends LanguageModel {
  /** The model without its defenses. */
  readonly undefended: LanguageModel;
  readonly defenses: readonly ConfiguredDefense[];
  /**
   * Answer the last turn of a conversation; a text alone is one turn of the user. Nothing is kept between calls.
   * Defaults: 512 new tokens, greedy decoding, and a new seed for each call, so that nobody can know what defenses draw.
   * @throws LabError as `generate` does, with advice; the signal's reason if it aborts
   */
  chat(messages: string | readonly ChatMessage[], options?: ChatOptions): Promise<ChatReply>;
}

/**
 * The model behind the defenses. Within each stage they act in the order of the list: defenses of requests, then those of
 * decoding, then those of answers.
 * @throws LabError 'not-supported' for a defense that reads more of the model than the model shows, 'bad-input' for one
 *   that has to learn first, or whose models do not go together
 */
export function withDefenses(model: LanguageModel, defenses: readonly ConfiguredDefense[]): DefendedModel {
  for (const configured of defenses) check(model, configured);
  const defended = stack(model, defenses, noRoles);
  const generate: LanguageModel['generate'] = (messages, options) => defended.generate(messages, options);
  return {
    id: defended.id,
    access: 'black-box',
    contextWindow: defended.contextWindow,
    generate,
    undefended: model,
    defenses,
    async chat(messages, { onText, ...options } = {}) {
      const turns = typeof messages === 'string' ? [user(messages)] : messages;
      const reply = await generate(turns, {
        maxNewTokens: 512,
        seed: crypto.randomUUID(),
        ...options,
        ...(onText && { onToken: (_, text) => onText(text) }),
      });
      return replyOf(reply);
    },
  };
}

const replyOf = ({ text, thoughts, finishReason, events }: Generation): ChatReply => {
  const event =
    finishReason === 'blocked' ? events.findLast(({ action }) => action === 'blocked') : undefined;
  return {
    text,
    ...(thoughts !== undefined && { thoughts }),
    blocked: event ? { by: event.defense, reason: event.reason } : null,
    finishReason,
    events,
  };
};

/** Every defense brings its own models. */
const noRoles: RoleModels = {
  role: (role) => {
    throw new Error(`A defense was given no model in the role ${role}.`);
  },
  classifier: (role) => {
    throw new Error(`A defense was given no classifier in the role ${role}.`);
  },
};

function check({ id, access }: LanguageModel, { defense, options, artifact }: ConfiguredDefense): void {
  if (!grants(access, defense.access))
    throw new LabError(
      'not-supported',
      `"${defense.id}" reads the distributions of the model, and ${id} shows text alone.`,
      {
        advice:
          'Load the model with fromTextGeneration of glovebox/transformers or loadWebLlm of glovebox/web-llm, or ' +
          'take a defense that asks for text alone, such as selfReminder or outputGuard.',
      },
    );
  if (artifact === undefined && hasToLearn(defense, options))
    throw new LabError('bad-input', `"${defense.id}" has to learn about ${id} before it can act.`, {
      advice:
        'Give it as `await learned(defense, model, examples)`, or give what it learned as its "artifact".',
    });
}

/**
 * The defense with what it learned about the model. Its `artifact` is plain data: store it, and give it to the constructor
 * in place of learning again.
 * @param examples requests of both kinds in the domain of the app, none of which it will be tested on
 * @returns the defense as it is if it has nothing to learn
 */
export async function learned(
  configured: ConfiguredDefense,
  model: LanguageModel,
  examples: ContrastPrompts,
  options: Pick<PreparationContext, 'signal' | 'onProgress'> = {},
): Promise<ConfiguredDefense> {
  const { defense, options: values } = configured;
  if (!hasToLearn(defense, values)) return configured;
  check(model, { ...configured, artifact: {} });
  const { classifier } = noRoles;
  const context = { ...options, classifier, random: createRandom(defense.id).fork('prepare') };
  return { ...configured, artifact: await defense.prepare!(model as never, examples, values, context) };
}
