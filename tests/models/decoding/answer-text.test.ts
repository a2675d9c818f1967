import { describe, expect, test } from 'vitest';
import { createRandom } from '../../../src/core/random.ts';
import { createChatTokenizer, type ChatTokenizer } from '../../../src/models/chat-tokenizer.ts';
import { createAnswerText } from '../../../src/models/decoding/answer-text.ts';
import { byteLevelFiles } from '../byte-level.ts';
import { tinyTokenizer } from '../tiny-model.ts';

const build = (tokenizer: object = {}) =>
  createChatTokenizer(byteLevelFiles({ '<|im_start|>': {}, '<|im_end|>': {} }, { tokenizer }));
const byteLevel = build();

/** Characters of one to four bytes, cut anywhere by the ids between, some of which are bytes on their own. */
function randomIds(tokenizer: ChatTokenizer, seed: string): readonly number[] {
  const random = createRandom(seed);
  return Array.from({ length: 40 }, () =>
    random.next() < 0.5
      ? tokenizer.encode(random.pick(['a', ' the', 'é', '日', '👩‍🚀', '\uFFFD', '\n']))
      : [random.integer(tokenizer.vocabSize)],
  ).flat();
}

const whole = (tokenizer: ChatTokenizer, prefix: readonly number[], ids: readonly number[]) =>
  tokenizer.decode([...prefix, ...ids]).slice(tokenizer.decode(prefix).length);

describe('the text of an answer that grows is that of all its tokens', () => {
  test.each(['', 'Sure, ', '日', '\uFFFD'])('after the prefix %j', (text) => {
    const prefix = byteLevel.encode(text);
    for (let seed = 0; seed < 20; seed++) {
      const ids = randomIds(byteLevel, `${seed}`);
      const answer = createAnswerText(byteLevel, prefix);
      for (let count = 0; count <= ids.length; count++)
        expect(answer.of(ids.slice(0, count))).toBe(whole(byteLevel, prefix, ids.slice(0, count)));
    }
  });
  test('if the tokenizer drops a space at the start of a text', () => {
    const trimming = build({
      decoder: {
        type: 'Sequence',
        decoders: [tinyTokenizer.decoder, { type: 'Strip', content: ' ', start: 1, stop: 0 }],
      },
    });
    expect(trimming.decodesInParts).toBe(false);
    const ids = trimming.encode(' a b c');
    const answer = createAnswerText(trimming, []);
    for (let count = 1; count <= ids.length; count++)
      expect(answer.of(ids.slice(0, count))).toBe(trimming.decode(ids.slice(0, count)));
  });
});

test('a long answer is not decoded again for each of its tokens', () => {
  let decoded = 0;
  const counting: ChatTokenizer = {
    ...byteLevel,
    decode: (ids) => {
      decoded += ids.length;
      return byteLevel.decode(ids);
    },
  };
  const ids = byteLevel.encode('Fetch the kettle, fill it, and wait. '.repeat(20));
  const answer = createAnswerText(counting, []);
  for (let count = 1; count <= ids.length; count++) answer.of(ids.slice(0, count));
  expect(decoded).toBe(ids.length);
});
