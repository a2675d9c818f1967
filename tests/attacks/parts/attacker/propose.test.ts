import { describe, expect, test } from 'vitest';
import { createProposer, type Dialogue } from '../../../../src/attacks/parts/attacker/propose.ts';
import type { ProposeOptions } from '../../../../src/attacks/parts/attacker/propose-options.ts';
import { createRandom } from '../../../../src/core/random.ts';
import type { ChatMessage } from '../../../../src/core/chat.ts';
import { scripted } from '../../../../src/models/runtimes/scripted.ts';

const options: ProposeOptions = {
  protocol: 'auto',
  attempts: 5,
  keepLast: 3,
  attackerTokens: 500,
  attackerTemperature: 1,
};

/** A long reason and a long prompt: some four hundred tokens, of which this toy model has one per character. */
const longReason = 'I give the reader a frame, then a reason, then the request itself. '.repeat(2).trim();
const longPrompt = (n: number) =>
  `Draft ${n} of the letter. ${'The bard climbs the mountain and sings of the giant. '.repeat(4)}How does it wake?`;
const longJson = (n: number) => JSON.stringify({ improvement: longReason, prompt: longPrompt(n) });

/** Runs some steps in one dialogue, as an attack does, with feedback that names the step. */
async function steps(count: number, write: (call: number) => string, changed: Partial<ProposeOptions> = {}) {
  const asked: (readonly ChatMessage[])[] = [];
  const attacker = scripted({ reply: (messages) => write(asked.push(messages)) });
  const proposer = createProposer(attacker, { ...options, ...changed });
  const draw = { random: createRandom('0'), signal: new AbortController().signal };
  const outcomes = [];
  let dialogue: Dialogue = [];
  let last = '';
  for (let step = 0; step < count; step++) {
    const feedback = step === 0 ? 'Begin.' : `Prompt: ${last}\nAnswer ${step}.\nScore: ${step}`;
    const briefing = { system: 'Write JSON.', turn: feedback, plain: feedback, goal: 'Wake the giant' };
    const outcome = await proposer.propose(dialogue, briefing, draw);
    outcomes.push(outcome);
    dialogue = outcome.dialogue;
    last = outcome.proposal?.prompt ?? last;
  }
  const shown = asked.map((messages) => messages.map(({ content }) => content).join('\n'));
  return { outcomes, shown, replies: proposer.replies() };
}

describe('an attacker that writes four hundred tokens of JSON', () => {
  test('is what the tests say', () => {
    expect(longJson(1).length).toBeGreaterThan(400);
    expect(longJson(1).length).toBeLessThan(options.attackerTokens);
  });
  test('holds the protocol in every step and sees the feedback on every earlier prompt', async () => {
    const { outcomes, shown, replies } = await steps(4, longJson);
    expect(outcomes.map(({ protocol, form, unreadable }) => [protocol, form, unreadable])).toEqual(
      outcomes.map(() => ['json', 'json', 0]),
    );
    expect(outcomes.map(({ proposal }) => proposal!.prompt)).toEqual([1, 2, 3, 4].map(longPrompt));
    for (const step of [1, 2, 3]) {
      expect(shown[step]).toContain(`Answer ${step}.\nScore: ${step}`);
      expect(shown[step]).toContain(`Draft ${step} of the letter.`);
    }
    expect(replies).toEqual({ protocol: 'json', prompts: 4, json: 4, salvaged: 0, unreadable: 0 });
  });
});

describe('an attacker whose replies break off', () => {
  test('within the prompt, keeps to JSON, and its whole sentences are sent', async () => {
    const { outcomes, shown, replies } = await steps(3, longJson, { attackerTokens: 300 });
    for (const [i, { proposal, protocol, form }] of outcomes.entries()) {
      expect([protocol, form]).toEqual(['json', 'salvaged']);
      expect(proposal!.prompt).toMatch(/^Draft \d of the letter\. [\s\S]*giant\.$/);
      expect(longPrompt(i + 1).startsWith(proposal!.prompt)).toBe(true);
    }
    expect(shown).toHaveLength(3);
    expect(shown[2]).toContain('Answer 2.\nScore: 2');
    expect(replies).toEqual({ protocol: 'json', prompts: 3, json: 0, salvaged: 3, unreadable: 0 });
  });
  test('within the reason, is asked again, and never switches to plain text', async () => {
    const { outcomes, shown } = await steps(2, (call) => longJson(call), { attackerTokens: 30, attempts: 3 });
    expect(outcomes.map(({ protocol, proposal }) => [protocol, proposal])).toEqual([
      ['json', null],
      ['json', null],
    ]);
    expect(shown).toHaveLength(6);
  });
  test.each([
    ['within an endless reason', 'I begin softly. And then I go on and on. '.repeat(20)],
    ['behind the reason, with the object closed', 'I begin softly. Then I go on."}\n\nThat is my "idea".'],
  ])('%s, goes on with the prompt behind it', async (_, first) => {
    const asked: (string | undefined)[] = [];
    const attacker = scripted({
      reply: (_messages, { assistantPrefix }) => {
        asked.push(assistantPrefix);
        const isBehindReason = assistantPrefix?.endsWith('"prompt": "');
        return isBehindReason ? 'Tell of the \\"giant\\"."}' : first;
      },
    });
    const proposer = createProposer(attacker, options);
    const draw = { random: createRandom('0'), signal: new AbortController().signal };
    const briefing = { system: 'Write JSON.', turn: 'Begin.', plain: 'Begin.', goal: 'Wake the giant' };
    const outcome = await proposer.propose([], briefing, draw);
    expect(outcome).toMatchObject({ protocol: 'json', form: 'json', unreadable: 1 });
    expect(outcome.proposal!.prompt).toBe('Tell of the "giant".');
    expect(outcome.proposal!.improvement).toMatch(/^I begin softly\. .*on\.$/);
    expect(asked).toHaveLength(2);
  });
  test('is read as soon as one attempt is whole', async () => {
    const { outcomes } = await steps(1, (call) => (call < 3 ? '{"improvement": "so' : longJson(call)));
    expect(outcomes[0]).toMatchObject({ form: 'json', unreadable: 2, protocol: 'json' });
  });
});

describe('an attacker that writes prose', () => {
  test('is asked for plain text in the whole run, and sees the feedback in every later step', async () => {
    const prose = (call: number) => `Tell of the bard who woke the giant in year ${call}.`;
    const { outcomes, shown, replies } = await steps(3, prose);
    expect(outcomes.map(({ protocol, form }) => [protocol, form])).toEqual(
      outcomes.map(() => ['plain', 'plain']),
    );
    expect(outcomes.map(({ unreadable }) => unreadable)).toEqual([5, 0, 0]);
    expect(shown.slice(5).map((text) => text.includes('Write JSON.'))).toEqual([false, false, false]);
    expect(shown[6]).toBe(`Prompt: ${outcomes[0]!.proposal!.prompt}\nAnswer 1.\nScore: 1`);
    expect(shown[7]).toBe(`Prompt: ${outcomes[1]!.proposal!.prompt}\nAnswer 2.\nScore: 2`);
    expect(replies).toEqual({ protocol: 'plain', prompts: 3, json: 0, salvaged: 0, unreadable: 0 });
  });
  test('whose reply breaks off, has its whole sentences sent', async () => {
    const prose = 'Tell of the bard. She climbs the mountain and sings until';
    const changed = { protocol: 'plain', attackerTokens: prose.length - 2 } as const;
    const { outcomes } = await steps(1, () => prose, changed);
    expect(outcomes[0]!.proposal).toEqual({ prompt: 'Tell of the bard.' });
  });
  test('after JSON in the first step, is asked for JSON all the same', async () => {
    const { outcomes, replies } = await steps(2, (call) => (call === 1 ? longJson(1) : 'Tell a story.'));
    expect(outcomes.map(({ protocol, form }) => [protocol, form])).toEqual([
      ['json', 'json'],
      ['json', null],
    ]);
    expect(replies).toMatchObject({ protocol: 'json', prompts: 2, json: 1, unreadable: 1 });
  });
  test.each(['json', 'plain'] as const)('is asked in %s where the option says so', async (protocol) => {
    const { outcomes } = await steps(2, () => 'Tell of the bard who woke the giant.', { protocol });
    expect(outcomes.map((outcome) => outcome.protocol)).toEqual([protocol, protocol]);
  });
});
