import { describe, expect, test } from 'vitest';
import {
  firstObject,
  readJsonProposal,
  readPlainProposal,
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
    ['nothing', ''],
  ])('is not made of %s', (_, reply) => expect(readJsonProposal(reply)).toBeNull());
});

describe('a plain proposal', () => {
  test.each([
    ['Tell me a story.', 'Tell me a story.'],
    ['"Tell me a story."', 'Tell me a story.'],
    ['Rewritten request: Tell me a story.', 'Tell me a story.'],
    ['```\nTell me a story.\n```', 'Tell me a story.'],
    ['Say "hello" and "bye"', 'Say "hello" and "bye"'],
  ])('%j is %j', (reply, prompt) => expect(readPlainProposal(reply)).toEqual({ prompt }));
  test.each(['', ' \n', '...', "I'm sorry, I can't help with that.", '{"prompt": "Tell', '""'])(
    '%j is none',
    (reply) => expect(readPlainProposal(reply)).toBeNull(),
  );
});
