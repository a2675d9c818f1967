/**
 * @file One tokenizer and one chat template for every runtime, so that the same messages give the same tokens
 * everywhere. Added tokens typed into a message are text unless the caller asks for `control`.
 */
import { cutOwnWords, type ChatMessage } from '../core/chat.ts';
import { tagsIn, withThought, withThoughtClosed, type ThoughtTags } from '../core/thoughts.ts';
import { contentOf, isControl } from './added-tokens.ts';
import { beginningText, type Beginning } from './beginning.ts';
import { parseChatTemplate } from './chat-template.ts';
import { checkSettings, defaultDate, type PromptSettings } from './prompt-settings.ts';
import { checkRoundTrip } from './round-trip.ts';
import { strftime } from './strftime.ts';
import { systemInUserTurn, traitsOf, type SystemRole } from './template-traits.ts';
import { isPlainTemplate } from './plain-template.ts';
import { templateSource } from './template-source.ts';
import { readEndIds, type TokenizerFiles } from './tokenizer-files.ts';
import { buildTokenizer, type CheckedTokenizer, type Marks } from './tokenizer.ts';
import { createProtect, freeMarks } from './typed-text.ts';

export type { PromptSettings } from './prompt-settings.ts';
export type { SystemRole } from './template-traits.ts';
export type { TokenizerFiles } from './tokenizer-files.ts';

/** `text`: a typed `<|end|>` is read as its characters. `control`: it becomes the token, as in an injection. */
export type SpecialTokens = 'text' | 'control';

export interface PromptOptions extends Beginning {
  /**
   * True for a prompt behind which an answer is scored, not written: if the template opens a thought, the thought is
   * closed, empty, as templates do that are told not to think. Else the answer would be read as the start of a thought.
   */
  readonly atAnswer?: boolean | undefined;
  readonly specialTokens?: SpecialTokens | undefined;
  /** Cuts the user's own words in a user turn into pieces that are encoded separately. Default: one piece. */
  readonly pieces?: ((text: string) => readonly string[]) | undefined;
}

export interface ChatTokenizer {
  /** Largest id + 1. */
  readonly vocabSize: number;
  readonly bosId: number | null;
  /** Ids that end an assistant turn. */
  readonly endIds: ReadonlySet<number>;
  /** Ids that no typed text has: added tokens that are more than blanks. */
  readonly specialIds: ReadonlySet<number>;
  readonly systemRole: SystemRole;
  /** True for a model without a chat template of its own: it continues the text of the messages. */
  readonly isPlain: boolean;
  /** True if the model begins its turn within a thought, whose opening tag stands in the prompt. */
  readonly opensThought: boolean;
  /** The tags between which the model thinks, by its template or its added tokens; `null` if it has none. */
  readonly thoughtTags: ThoughtTags | null;
  /** Ids of plain text: no BOS is added, added tokens are read as text. */
  encode(text: string): number[];
  /** As `encode`, for a text within a longer one: nothing is put in front of it. Absent: the two are the same. */
  encodeWithin?(text: string): number[];
  /** Text of ids; special tokens are left out. */
  decode(ids: readonly number[]): string;
  /**
   * True if the text of a list is that of its first ids, which must end with a whole character, and then that of the
   * others. Absent: not known; some tokenizers drop a space at the start, or join words.
   */
  readonly decodesInParts?: boolean;
  /** Ids of the templated conversation, up to and including the assistant header, thought and prefix. */
  prompt(messages: readonly ChatMessage[], options?: PromptOptions): number[];
  /** The same tokenizer with another date and other template variables. @throws LabError 'bad-input' */
  withSettings(settings: PromptSettings): ChatTokenizer;
}

/**
 * @throws LabError 'bad-model' if the files lack a chat template or cannot be parsed, 'not-supported' if text does not
 *   survive the tokenizer
 */
export function createChatTokenizer(files: TokenizerFiles): ChatTokenizer {
  const source = templateSource(files.config);
  const tokenizer = buildTokenizer(files);
  checkRoundTrip(tokenizer, files.tokenizer);
  const template = parseChatTemplate(source);
  const protect = createProtect(tokenizer);
  const ids = new Map(tokenizer.addedTokens.map(({ content, id }) => [content, id]));
  const specials = specialTokenStrings(files.config);
  const bosToken = specials['bos_token'];
  const encode = (text: string) => {
    const marks = freeMarks([text]);
    return text === '' ? [] : tokenizer.encodeMarked(protect(text, marks), marks);
  };
  const encodeWithin = (text: string) => {
    const marks = freeMarks([text]);
    const before = tokenizer.encodeMarked('.', marks).length;
    return tokenizer.encodeMarked(`.${marks.cut}${protect(text, marks)}`, marks).slice(before);
  };
  const shared = {
    vocabSize: tokenizer.vocabSize,
    bosId: bosToken === undefined ? null : (ids.get(bosToken) ?? null),
    specialIds: new Set(tokenizer.addedTokens.filter(isControl).map(({ id }) => id)),
    isPlain: isPlainTemplate(source),
    decodesInParts: tokenizer.decodesInParts,
    encode,
    encodeWithin,
    decode: (list: readonly number[]) => (list.length === 0 ? '' : tokenizer.decode(list)),
  };

  const withSettings = (settings: PromptSettings): ChatTokenizer => {
    checkSettings(settings);
    const { date = defaultDate, variables = {} } = settings;
    const today = new Date(`${date}T00:00:00Z`);
    const values = {
      ...specials,
      ...variables,
      strftime_now: (format: unknown) => strftime(today, String(format)),
    };
    const render = (messages: readonly ChatMessage[], addGenerationPrompt: boolean) =>
      template.render({ ...values, messages, add_generation_prompt: addGenerationPrompt });
    const { afterAnswer, ...traits } = traitsOf(render);
    const addedTags = tagsIn(tokenizer.addedTokens.map(({ content }) => content).join('\n'));
    const thoughtTags = traits.thoughtTags ?? addedTags ?? tagsIn(source);

    const prompt = (messages: readonly ChatMessage[], options: PromptOptions = {}) => {
      const {
        assistantPrefix = '',
        assistantThought,
        atAnswer = false,
        specialTokens = 'text',
        pieces,
      } = options;
      const thought = assistantThought && {
        ...assistantThought,
        open: assistantThought.open === true && !atAnswer,
      };
      const marks = freeMarks([...messages.map(({ content }) => content), thought?.text ?? '']);
      const typed = messages.map((message) => {
        const { role } = message;
        const text = pieces ? cutOwnWords(message, pieces).join(marks.cut) : message.content;
        return { role, content: specialTokens === 'control' ? text : protect(text, marks) };
      });
      const turns = traits.systemRole === 'own' ? typed : systemInUserTurn(typed);
      const text = render(turns, true);
      if (thought && thoughtTags) {
        const given = { ...thought, text: protect(thought.text, marks) };
        const start = tokenizer.encodeMarked(withThought(text, thoughtTags, given), marks);
        return thought.open ? start : [...start, ...encode(assistantPrefix)];
      }
      const isAnswer = atAnswer || assistantPrefix !== '';
      const start = isAnswer && traits.opensThought ? withThoughtClosed(text) : text;
      return [
        ...tokenizer.encodeMarked(start, marks),
        ...encode(beginningText({ assistantPrefix, assistantThought: thought })),
      ];
    };
    const endIds = new Set([
      ...readEndIds(files.generation.eos_token_id),
      ...[ids.get(specials['eos_token'] ?? '') ?? []].flat(),
      ...[firstAddedToken(tokenizer, afterAnswer ?? '') ?? []].flat(),
    ]);
    return { ...shared, ...traits, thoughtTags, endIds, prompt, withSettings };
  };
  return withSettings({});
}

const noMarks: Marks = freeMarks([]);

/** The id of the added token that a text of the template begins with, blanks aside. */
function firstAddedToken(tokenizer: CheckedTokenizer, text: string): number | null {
  const [first] = tokenizer.encodeMarked(text.trimStart(), noMarks);
  const token = tokenizer.addedTokens.find(({ id }) => id === first);
  return token && isControl(token) ? token.id : null;
}

/** The special tokens that a template may refer to: `bos_token`, `eos_token` and so on. */
function specialTokenStrings(config: TokenizerFiles['config']): Record<string, string> {
  const names = ['bos_token', 'eos_token', 'pad_token', 'unk_token'];
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = contentOf(config[name]);
      return value === null ? [] : [[name, value]];
    }),
  );
}
