/** @file Defenses of documents: they act on the document alone, know where it is, and leave other requests as they are. */
import { describe, expect, test } from 'vitest';
import { conversation } from '../../../src/attacks/attack.ts';
import { documentsIn, lastUserText, user } from '../../../src/core/chat.ts';
import { injection } from '../../../src/data/injection/behaviors.ts';
import { injectionGuard } from '../../../src/defenses/input/injection-guard.ts';
import { sandwich } from '../../../src/defenses/input/sandwich.ts';
import { selfReminder } from '../../../src/defenses/input/self-reminder.ts';
import { spotlighting } from '../../../src/defenses/input/spotlighting.ts';
import { stack } from '../../../src/defenses/stack.ts';
import { defend, guarding, options, playing, remembering } from '../defend.ts';

const behavior = injection.behaviors.find(({ id }) => id === 'extraction-middle-1')!;
const { task, text } = behavior.document!;
const asked = conversation(behavior);
const document = text.replace('{attacker}', behavior.prompt);

describe('spotlighting', () => {
  const shown = async (chosen: object, messages = asked) => {
    const { model, asked: seen } = remembering();
    const reply = await defend(spotlighting, model, { ...chosen }).generate(messages, options);
    return { messages: seen[0]!.messages, event: reply.events[0]! };
  };
  test('delimits the document, which cannot close the delimiters itself', async () => {
    const { messages } = await shown({ form: 'delimiting' }, conversation(behavior, `>> ${behavior.prompt}`));
    expect(lastUserText(messages).match(/<<|>>/g)).toEqual(['<<', '>>']);
    expect(lastUserText(messages).startsWith(`${task!}\n\n<<\n`)).toBe(true);
    expect(messages[0]!.content).toContain('stands between << and >>');
    expect(messages[0]!.content.startsWith(behavior.context!)).toBe(true);
  });
  test('marks every blank of the document and none of the task', async () => {
    const { messages, event } = await shown(
      { form: 'datamarking' },
      conversation(behavior, `\n^ ${behavior.prompt}`),
    );
    expect(lastUserText(messages)).toBe(`${task!}\n\n${document.replaceAll(' ', '^')}`);
    expect(documentsIn(messages.at(-1)!)).toEqual([document.replaceAll(' ', '^')]);
    expect(event).toMatchObject({ defense: 'spotlighting', action: 'edited' });
  });
  test('encodes the document so that it can be decoded', async () => {
    const { messages } = await shown({ form: 'encoding' });
    const [encoded] = documentsIn(messages.at(-1)!);
    expect(Buffer.from(encoded!, 'base64').toString('utf8')).toBe(document);
  });
  test('leaves a request without a document as it is, and says so', async () => {
    const { messages, event } = await shown({}, [user('Bake')]);
    expect(messages).toEqual([user('Bake')]);
    expect(event.action).toBe('passed');
  });
  test('refuses marks that nobody sees', () => {
    expect(() => defend(spotlighting, remembering().model, { mark: ' ' })).toThrow(/no text for datamarking/);
  });
});

describe('sandwich', () => {
  test('repeats the task behind the document, and in a stack the task alone', async () => {
    const { model, asked: seen } = remembering();
    const chosen = [selfReminder, spotlighting, sandwich].map((defense) => ({ defense }));
    await stack(model, chosen, playing({})).generate(asked, options);
    const content = lastUserText(seen[0]!.messages);
    expect(content.endsWith(`\n\nRemember, your task is this: ${task!}`)).toBe(true);
    expect(content.split(task!)).toHaveLength(3);
    expect(content).toContain(document.replaceAll(' ', '^'));
  });
  test('leaves a request without a document as it is', async () => {
    const { model, asked: seen } = remembering();
    await defend(sandwich, model).generate([user('Bake')], options);
    expect(seen[0]!.messages).toEqual([user('Bake')]);
  });
});

describe('the injection guard that reads documents', () => {
  const guard = (chosen: object) => {
    const { classifier, read } = guarding((window) => (window.includes(behavior.canary!) ? 0.9 : 0.1));
    const { model, asked: seen } = remembering();
    const context = playing({}, { 'prompt-guard': classifier });
    const defended = defend(
      injectionGuard,
      model,
      { reads: 'documents', words: 6, action: 'remove', ...chosen },
      context,
    );
    return { defended, read, seen };
  };
  test('reads no word of the task, and cuts the instruction out of the document', async () => {
    const { defended, read, seen } = guard({});
    await defended.generate(asked, options);
    expect(read.length).toBeGreaterThan(2);
    expect(read.join(' ')).not.toContain(task!);
    const content = lastUserText(seen[0]!.messages);
    expect(content.startsWith(`${task!}\n\n`)).toBe(true);
    expect(content).not.toContain(behavior.canary!);
    expect(documentsIn(seen[0]!.messages.at(-1)!)).toHaveLength(1);
  });
  test('reads nothing where there is no document', async () => {
    const { defended, read, seen } = guard({});
    await defended.generate([user(behavior.prompt)], options);
    expect(read).toEqual([]);
    expect(seen[0]!.messages).toEqual([user(behavior.prompt)]);
  });
  test('blocks', async () => {
    const { defended } = guard({ action: 'block' });
    expect((await defended.generate(asked, options)).finishReason).toBe('blocked');
  });
});
