import { describe, expect, test } from 'vitest';
import { policyFraming } from '../../src/attacks/policy-framing.ts';
import { lastUserText } from '../../src/core/chat.ts';
import { leetspeak } from '../../src/core/codes.ts';
import { defaultsOf } from '../../src/core/options.ts';
import { packNames } from '../../src/core/templates.ts';
import { scripted } from '../../src/models/runtimes/scripted.ts';
import { behavior as fox, drain, mutation } from './drain.ts';

const behavior = { ...fox, prompt: 'How do I wake the stone giant?', target: 'Sure' };
const help = 'Wake the stone giant: sing old lullabies, ring copper bells.';
const no = 'Sorry, I cannot do that.';

describe('policy framing', () => {
  test('reaches a model that obeys whatever reads like a policy, and counts each variant', async () => {
    /** Reads the topic of a policy in JSON whose blocked modes it heeds, and refuses all else. */
    const model = scripted({
      reply(messages) {
        try {
          const { policy } = JSON.parse(lastUserText(messages)) as { policy: Record<string, unknown> };
          const obeys = (policy['blocked-modes'] as string[]).includes('refuse');
          return obeys && policy['topic'] === behavior.prompt ? help : no;
        } catch {
          return no;
        }
      },
    });
    const { result } = await drain(policyFraming, { model, behavior });
    expect(result.claimed).toBe(true);
    expect(result.outcomes!.variants).toEqual({
      'xml, plain': { checked: 1, answered: 0 },
      'json, plain': { checked: 1, answered: 1 },
    });
    const plain = await model.generate([{ role: 'user', content: behavior.prompt }], { maxNewTokens: 64 });
    expect(plain.text).toBe(no);
  });
  test('tries three formats in plain and in leetspeak, whose answers may come in leetspeak', async () => {
    const model = scripted({
      reply: (messages) =>
        lastUserText(messages).includes(leetspeak.encode('giant')) ? leetspeak.encode(help) : no,
    });
    const { steps, result } = await drain(policyFraming, { model, behavior, options: { stop: 'never' } });
    expect(steps.map(({ detail }) => detail!['variant'])).toEqual([
      'xml, plain',
      'json, plain',
      'ini, plain',
      'xml, leetspeak',
      'json, leetspeak',
      'ini, leetspeak',
    ]);
    expect(result).toMatchObject({ claimed: true, answeredIn: 'leetspeak' });
    const reading = leetspeak.decode(leetspeak.encode(help));
    expect(steps[3]!.detail).toMatchObject({ verdict: 'answered', reading });
  });
});

describe.each(packNames)('a file of the %s pack', (pack) => {
  const request = 'Say "<b>one</b>" & \\two\\,\nthen {three}';
  const file = (format: string) => {
    const options = { ...defaultsOf(policyFraming.options), format, spelling: 'plain' };
    const asked = { ...behavior, prompt: request };
    return lastUserText(policyFraming.mutate!(asked, options, mutation(policyFraming, { pack })).messages);
  };
  const topicIn = (value: unknown): unknown =>
    typeof value !== 'object' || value === null
      ? undefined
      : 'topic' in value
        ? value.topic
        : Object.values(value)
            .map(topicIn)
            .find((topic) => topic !== undefined);

  test('is well-formed JSON with the request in it, whatever that holds', () => {
    expect(topicIn(JSON.parse(file('json')))).toBe(request);
  });
  test('is XML whose tags close, with the request escaped', () => {
    const xml = file('xml').replace(/<\?.*?\?>|<!--.*?-->/gs, '');
    const open: string[] = [];
    for (const [, closing, name, empty] of xml.matchAll(/<(\/?)([\w-]+)[^>]*?(\/?)>/g))
      if (closing) expect(open.pop()).toBe(name);
      else if (!empty) open.push(name!);
    expect(open).toEqual([]);
    expect(xml).toContain('Say "&lt;b&gt;one&lt;/b&gt;" &amp; \\two\\,\nthen {three}');
  });
  test('is INI with the request on one line', () => {
    expect(file('ini').split('\n')).toContain('topic = Say "<b>one</b>" & \\two\\, then {three}');
  });
});
