/** @file A toy model with three answers, whose logits are linear in the letters of the suffix. */
import { lastUserText } from '../../../src/core/chat.ts';
import type { WhiteBoxModel } from '../../../src/models/language-model.ts';
import { logSoftmax } from '../../../src/models/decoding/sampler.ts';
import { scriptedTokenizer } from '../../../src/models/runtimes/scripted-tokenizer.ts';
import { peaked, scripted } from '../../../src/models/runtimes/scripted.ts';
import { behavior } from '../drain.ts';

/** By first letter; each occurrence of `letter` in the suffix adds `step` to the logit of the first token. */
const answers = [
  { text: 'No.', letter: null, base: 1 },
  { text: 'Sure, a story.', letter: 's', base: 0 },
  { text: 'Have a story: bees hum, ants dig, owls fly.', letter: 'h', base: 0 },
] as const;
const step = 0.6;
export const hollow = answers[1].text;
export const helpful = answers[2].text;

export const tokenizer = scriptedTokenizer();
const idOf = (letter: string) => tokenizer.encode(letter)[0]!;

/** Logits of the first token of an answer, from how much of each letter the suffix has. */
export function firstLogits(amountOf: (letter: string) => number): Float32Array {
  const logits = new Float32Array(tokenizer.vocabSize).fill(-20);
  for (const { text, letter, base } of answers)
    logits[idOf(text[0]!)] = base + (letter === null ? 0 : step * amountOf(letter));
  return logits;
}

/** Its gradients are exact: those of the first token, since later ones do not depend on the suffix. */
export function toyModel(): WhiteBoxModel {
  const grey = scripted({
    tokenizer,
    next(ids) {
      const { messages, answer } = tokenizer.read(ids);
      const suffix = lastUserText(messages).slice(behavior.prompt.length);
      if (answer.length === 0) return firstLogits((letter) => suffix.split(letter).length - 1);
      const begun = tokenizer.decode(answer);
      const whole = answers.find(({ text }) => text.startsWith(begun))?.text ?? begun;
      return peaked(
        tokenizer.vocabSize,
        tokenizer.encode(whole)[answer.length] ?? [...tokenizer.endIds][0]!,
        0.01,
      );
    },
  });
  const white = scripted({ tokenizer, answer: '', cost: () => 0 });
  return {
    ...white,
    ...grey,
    access: 'white-box',
    /** Of answers as it gives them; faster than token by token. */
    async logProbs(requests) {
      return requests.map(({ prompt, target }) => {
        const suffix = lastUserText(tokenizer.read(prompt).messages).slice(behavior.prompt.length);
        const first = logSoftmax(firstLogits((letter) => suffix.split(letter).length - 1));
        return Float32Array.from(target, (id, t) => (t === 0 ? first[id]! : -0.01));
      });
    },
    async tokenGradient({ prompt, start, end, target, weights }) {
      const suffix = tokenizer.decode(prompt.slice(start, end));
      const probabilities = logSoftmax(firstLogits((letter) => suffix.split(letter).length - 1)).map(
        Math.exp,
      );
      const weight = weights?.[0] ?? 1 / target.length;
      const row = new Float32Array(tokenizer.vocabSize);
      for (const { text, letter } of answers) {
        const first = idOf(text[0]!);
        if (letter !== null)
          row[idOf(letter)] = weight * step * (probabilities[first]! - Number(target[0] === first));
      }
      return Float32Array.from({ length: (end - start) * row.length }, (_, i) => row[i % row.length]!);
    },
  };
}
