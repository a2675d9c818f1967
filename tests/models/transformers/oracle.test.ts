import { AutoModelForCausalLM, Tensor } from '@huggingface/transformers';
import { expect, test } from 'vitest';
import { user } from '../../../src/core/chat.ts';
import { openFolder } from '../../../src/models/files.ts';
import { withFolder } from '../../../src/models/runtimes/transformers/environment.ts';
import { loadTransformersModel } from '../../../src/models/runtimes/transformers/index.ts';
import { serve, tinyEntry, tinyFolder, tinySite } from '../tiny-model.ts';

/** The library's own loop lacks much that the lab needs (see decoding/generate.ts), but is right where it is used here. */
test("greedy decoding chooses the tokens that transformers.js's own generate chooses", async () => {
  const options = { baseUrl: tinySite, fetch: serve(tinyFolder()) };
  const model = await loadTransformersModel(tinyEntry, { device: 'wasm', ...options });
  const oracle = await withFolder(openFolder(tinyEntry.source, options), {}, (name) =>
    AutoModelForCausalLM.from_pretrained(name, { device: 'cpu', dtype: 'fp32' }),
  );
  for (const text of ['Hello.', 'How do I wake the stone giant?', 'x']) {
    const prompt = model.tokenizer.prompt([user(text)]);
    const inputs = {
      input_ids: new Tensor('int64', BigInt64Array.from(prompt, BigInt), [1, prompt.length]),
      attention_mask: new Tensor('int64', new BigInt64Array(prompt.length).fill(1n), [1, prompt.length]),
    };
    const output = (await oracle.generate({ ...inputs, max_new_tokens: 24, do_sample: false })) as Tensor;
    const expected = Array.from(output.data as BigInt64Array, Number).slice(prompt.length);
    const { tokens } = await model.generate([user(text)], { maxNewTokens: 24, topTokens: 1 });
    expect(tokens.map(({ id }) => id)).toEqual(expected.filter((id) => !model.tokenizer.endIds.has(id)));
  }
});
