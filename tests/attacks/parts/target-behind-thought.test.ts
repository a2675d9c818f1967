import { afterAll, beforeAll, expect, test } from 'vitest';
import { autodan } from '../../../src/attacks/autodan.ts';
import { beast } from '../../../src/attacks/beast.ts';
import { embeddingAttack } from '../../../src/attacks/embedding-attack.ts';
import { gcg } from '../../../src/attacks/gcg.ts';
import { gcgUniversal } from '../../../src/attacks/gcg-universal.ts';
import { laa } from '../../../src/attacks/laa.ts';
import { manyShot } from '../../../src/attacks/many-shot.ts';
import type { Attack } from '../../../src/attacks/attack.ts';
import type { EditedModel, WhiteBoxModel } from '../../../src/models/language-model.ts';
import { loadWhiteBoxModel, type LlamaModel } from '../../../src/models/runtimes/whitebox/index.ts';
import {
  serve,
  tinyConfig,
  tinyEntry,
  tinyFolder,
  tinySite,
  tinyTokenizerConfig,
} from '../../models/tiny-model.ts';
import { behavior, drain } from '../drain.ts';

const template = `${tinyTokenizerConfig.chat_template}{% if add_generation_prompt %}{{ '<think>\\n' }}{% endif %}`;

let model: LlamaModel;
beforeAll(async () => {
  const files = new Map(tinyFolder({ ...tinyConfig, maxPositions: 4096 }));
  const config = { ...tinyTokenizerConfig, chat_template: template };
  files.set('tokenizer_config.json', new TextEncoder().encode(JSON.stringify(config)));
  model = await loadWhiteBoxModel(tinyEntry, { device: 'wasm', baseUrl: tinySite, fetch: serve(files) });
});
afterAll(() => model.dispose());

/** The model, and the prompts behind which it was asked to score something. */
function watched<M extends WhiteBoxModel>(inner: M, seen: (readonly number[])[]): M {
  return {
    ...inner,
    logProbs(requests, options) {
      seen.push(...requests.map(({ prompt }) => prompt));
      return inner.logProbs(requests, options);
    },
    tokenGradient(request, options) {
      seen.push(request.prompt);
      return inner.tokenGradient(request, options);
    },
    embeddingGradient(request, options) {
      seen.push(request.prompt);
      return inner.embeddingGradient(request, options);
    },
    edited: (edit) => watched(inner.edited(edit) as EditedModel, seen),
  };
}

const cases: readonly (readonly [Attack, Record<string, unknown>])[] = [
  [gcg, { steps: 1, testEvery: 0, suffixLength: 3, candidates: 4 }],
  [gcgUniversal, { steps: 1, suffixLength: 3, candidates: 4 }],
  [beast, { length: 1, beams: 2, samples: 2 }],
  [laa, { steps: 1, proposals: 2, suffixLength: 3, template: 'none' }],
  [autodan, { steps: 1, population: 2, mutation: 'none' }],
  [manyShot, { shots: 2, curve: true }],
  [embeddingAttack, { steps: 1, count: 2 }],
];

test.each(cases.map(([attack, options]) => [attack.id, attack, options] as const))(
  '%s scores its target as the answer, behind an empty thought',
  async (_, attack, options) => {
    const seen: (readonly number[])[] = [];
    const others = [{ ...behavior, id: 'owl-story', prompt: 'Tell me of an owl' }];
    await drain(attack, { model: watched(model, seen), options, others });
    expect(seen.length).toBeGreaterThan(0);
    for (const prompt of seen) expect(model.tokenizer.decode(prompt)).toMatch(/<think>\n\n<\/think>\n\n$/);
    expect(attack.differs).toContain('opens a thought');
  },
);
