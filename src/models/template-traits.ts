/** @file What a chat template does, found by rendering short conversations: files do not say it. */
import { assistant, system, user, type ChatMessage } from '../core/chat.ts';
import { LabError } from '../core/errors.ts';
import { endsInThought, tagsAtEnd, type ThoughtTags } from '../core/thoughts.ts';

/** `first-user-turn`: the template refuses or drops system turns, so their text goes in front of the first user turn. */
export type SystemRole = 'own' | 'first-user-turn';

export interface TemplateTraits {
  readonly systemRole: SystemRole;
  /** True if the prompt ends with the opening tag of a thought. */
  readonly opensThought: boolean;
  /** The tags of a thought that stand at the end of the prompt, open or around nothing; `null` if there are none. */
  readonly thoughtTags: ThoughtTags | null;
  /** What the template writes after an assistant turn; `null` if it cannot be told. */
  readonly afterAnswer: string | null;
}

export type Render = (messages: readonly ChatMessage[], addGenerationPrompt: boolean) => string;

const [asked, rule, answered] = ['Qzx7', 'Kvj3', 'Wpb9'];

export function traitsOf(render: Render): TemplateTraits {
  const rendered = (messages: readonly ChatMessage[], addGenerationPrompt: boolean): string | null => {
    try {
      return render(messages, addGenerationPrompt);
    } catch (error) {
      if (error instanceof LabError) return null;
      throw error;
    }
  };
  const plain = rendered([user(asked!)], true);
  const withRule = rendered([system(rule!), user(asked!)], true);
  const whole = rendered([user(asked!), assistant(answered!)], false);
  const end = whole?.lastIndexOf(answered!) ?? -1;
  return {
    systemRole: plain === null || withRule?.includes(rule!) === true ? 'own' : 'first-user-turn',
    opensThought: plain !== null && endsInThought(plain),
    thoughtTags: plain === null ? null : tagsAtEnd(plain),
    afterAnswer: end < 0 ? null : whole!.slice(end + answered!.length),
  };
}

/** The conversation with the text of its system turns in front of the first user turn, a blank line between them. */
export function systemInUserTurn(messages: readonly ChatMessage[]): readonly ChatMessage[] {
  const texts = messages.flatMap(({ role, content }) => (role === 'system' ? [content] : []));
  if (texts.length === 0) return messages;
  const turns = messages.filter(({ role }) => role !== 'system');
  const first = turns.findIndex(({ role }) => role === 'user');
  const text = texts.filter((content) => content !== '').join('\n\n');
  if (first < 0) return [user(text), ...turns];
  const content = [text, turns[first]!.content].filter((part) => part !== '').join('\n\n');
  return turns.with(first, user(content));
}
