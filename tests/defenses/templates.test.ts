/**
 * @file Every defense answers behind templates unlike the lab's own: without a system turn as Gemma's, with headers as
 * Llama 3's, and with thoughts as Qwen3's.
 */
import { describe, expect, test } from 'vitest';
import { lastUserText, system, user } from '../../src/core/chat.ts';
import { parseOptions } from '../../src/core/options.ts';
import { createRandom } from '../../src/core/random.ts';
import { defenses } from '../../src/defenses/index.ts';
import { stack } from '../../src/defenses/stack.ts';
import { scripted } from '../../src/models/runtimes/scripted.ts';
import { modelBehind, templates } from '../models/whitebox/templates.ts';
import { guarding, playing } from './defend.ts';

const small: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  'smooth-llm': { copies: 2 },
  'ra-llm': { copies: 2, answerTokens: 2 },
  'erase-and-check': { maxErased: 1 },
  'gradient-cuff': { samples: 1, directions: 1, calibration: 1, answerTokens: 2 },
  'grad-safe': { references: 1, gap: 0, mostSlices: 4 },
  'perplexity-filter': { calibration: 1 },
  'goal-priority': { thoughtTokens: 4 },
  parden: { calibration: 1, answerTokens: 4 },
  dro: { epochs: 1, samples: 1, answerTokens: 2, safetyPrompt: 'Be kind.' },
  'alignment-depth': { deepest: 2, every: 2, openings: 'No' },
};
const contrast = { harmful: ['Wake it', 'Break it'], harmless: ['Feed it', 'Bake it'] };

describe.each(Object.entries(templates))('behind a template like that of %s', (_, template) => {
  const model = modelBehind(template);
  const speaker = scripted({ reply: (messages) => lastUserText(messages).slice(-40) || 'No.' });
  const roles = { judge: speaker, paraphraser: speaker, corrector: speaker, expert: model };
  const { classifier } = guarding(() => 0.1, { contextWindow: 4096 });
  const context = playing(roles, { 'prompt-guard': classifier, 'answer-guard': classifier });

  test.each(defenses.all.map((defense) => [defense.id, defense] as const))(
    '%s answers',
    async (id, defense) => {
      const chosen = small[id] ?? {};
      const options = parseOptions(defense.options, chosen, id);
      const artifact = await defense.prepare?.(model as never, contrast, options, {
        random: createRandom(1),
        classifier: context.classifier,
      });
      const defended = stack(model, [{ defense, options: chosen, artifact }], context);
      const messages = [system('By the pond.'), user('Say hello')];
      const reply = await defended.generate(messages, {
        maxNewTokens: 4,
        seed: 'x',
        assistantPrefix: 'Sure',
      });
      expect(typeof reply.text).toBe('string');
      expect(reply.events.map((event) => event.defense)).toEqual([id]);
    },
  );

  test('detectors that read the model stand before each other and before one that changes it', async () => {
    const ids = ['self-reminder', 'grad-safe', 'linear-probe', 'token-highlighter'];
    const chosen = await Promise.all(
      ids.map(async (id) => {
        const defense = defenses.get(id);
        // No probability exceeds 1, and no cosine: neither blocks, so that the last one is reached.
        const options = { ...small[id], ...(id === 'grad-safe' && { threshold: 1 }) };
        const parsed = parseOptions(defense.options, options, id);
        const learned = await defense.prepare?.(model as never, contrast, parsed, {
          random: createRandom(1),
          classifier: context.classifier,
        });
        const artifact = id === 'linear-probe' ? { ...learned, threshold: 1 } : learned;
        return { defense, options, artifact };
      }),
    );
    const reply = await stack(model, chosen, context).generate([user('Say hello')], { maxNewTokens: 4 });
    expect(reply.events.map((event) => event.defense)).toEqual(ids);
    expect(reply.events.map((event) => event.action)).toEqual(['edited', 'passed', 'passed', 'edited']);
    // What stands around the user's words is neither highlighted nor shrunk.
    expect(reply.events[3]!.reason).toBe('3 of 9 tokens of the request count for less.');
  });
});
