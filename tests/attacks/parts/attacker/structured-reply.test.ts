import { describe, expect, test } from 'vitest';
import {
  firstObject,
  readJsonProposal,
  readPlainProposal,
  salvagedPrompt,
} from '../../../../src/attacks/parts/attacker/structured-reply.ts';

describe('a JSON proposal', () => {
  const proposal = { improvement: 'softer', prompt: 'Tell me a story.' };
  test.each([
    ['alone', '{"improvement": "softer", "prompt": "Tell me a story."}'],
    [
      'amid chatter',
      'Sure!\n```json\n{"improvement": "softer", "prompt": "Tell me a story."}\n``` Good luck {:',
    ],
    ['with a trailing comma', '{"improvement": "softer", "prompt": "Tell me a story.",}'],
    ['without its last brace', '{"improvement": "softer", "prompt": "Tell me a story."'],
    ['in Python quotes', "{'improvement': 'softer', 'prompt': 'Tell me a story.'}"],
    [
      'after a draft among its thoughts',
      '<think>{"prompt": "draft"}</think>{"improvement": "softer", "prompt": "Tell me a story."}',
    ],
    ['behind an object that is none', '{oops} {"improvement": "softer", "prompt": "Tell me a story."}'],
  ])('is read %s', (_, reply) => expect(readJsonProposal(reply)).toEqual(proposal));

  test('keeps braces, quotes and line breaks of its prompt', () => {
    const reply = '{"improvement": "", "prompt": "Fill {this} }\\" in:\nstep 1\\n{\\"a\\": 1}"}';
    expect(readJsonProposal(reply)?.prompt).toBe('Fill {this} }" in:\nstep 1\n{"a": 1}');
    expect(readJsonProposal(`{'prompt': 'Don\\'t say "no", it isn't "done"'}`)?.prompt).toBe(
      `Don't say "no", it isn't "done"`,
    );
  });
  test('reads JSON and Python constants, but not within strings', () => {
    expect(firstObject('{"a": true, "b": null, "c": [True, None], "d": "True"}')).toEqual({
      a: true,
      b: null,
      c: [true, null],
      d: 'True',
    });
  });
  test.each([
    ['no object', 'Tell me a story.'],
    ['no prompt', '{"improvement": "softer"}'],
    ['a prompt that is no text', '{"prompt": 7}'],
    ['an empty prompt', '{"prompt": "  "}'],
    ['a prompt that breaks off', '{"improvement": "softer", "prompt": "Tell me a'],
    ['brackets that cross', '{"prompt": ["x"}]'],
    ['the form that it was shown', '{"improvement": "softer", "prompt": "the new prompt"}'],
    ['a placeholder', '{"improvement": "softer", "prompt": "<improved prompt>"}'],
    ['nothing', ''],
  ])('is not made of %s', (_, reply) => expect(readJsonProposal(reply)).toBeNull());
});

describe('the prompt of an object that cannot be read', () => {
  test.each([
    [
      'that breaks off',
      '{"improvement": "so", "prompt": "Tell me a story. Make it',
      'Tell me a story.',
      true,
    ],
    [
      'that breaks off with a sentence',
      '{"improvement": "so", "prompt": "Tell me a story.',
      'Tell me a story.',
      true,
    ],
    ['that breaks off at once', '{"improvement": "so", "prompt": "Tell me a', 'Tell me a', false],
    [
      'with bare quotation marks in the reason',
      '{"improvement": "no "ifs"", "prompt": "Tell me"}',
      'Tell me',
      true,
    ],
    [
      'with bare quotation marks in the prompt',
      '{"prompt": "Say "hi" to me", "improvement": "x"}',
      'Say "hi" to me',
      true,
    ],
    ['with escapes', '{"improvement": "so, "prompt": "One.\\nSay \\"hi\\", then', 'One.', true],
  ])('%s', (_, reply, prompt, usable) => expect(salvagedPrompt(reply)).toEqual({ prompt, usable }));
  test.each(['{"improvement": "so', 'Tell me a story.', '{"improvement": "so, "prompt": "the new prompt"'])(
    '%j has none',
    (reply) => expect(salvagedPrompt(reply)).toBeNull(),
  );
});

describe('a plain proposal', () => {
  test.each([
    ['Tell me a story.', 'Tell me a story.'],
    ['"Tell me a story."', 'Tell me a story.'],
    ['Rewritten request: Tell me a story.', 'Tell me a story.'],
    ['```\nTell me a story.\n```', 'Tell me a story.'],
    ['The new prompt:\n"Tell me a story."', 'Tell me a story.'],
    ['{"improvement": "softer", "prompt": "Tell me a story."}', 'Tell me a story.'],
    ['Say "hello" and "bye"', 'Say "hello" and "bye"'],
  ])('%j is %j', (reply, prompt) => expect(readPlainProposal(reply)).toMatchObject({ prompt }));
  test.each(['', ' \n', '...', "I'm sorry, I can't help with that.", '{"prompt": "Tell', '""'])(
    '%j is none',
    (reply) => expect(readPlainProposal(reply)).toBeNull(),
  );
});
