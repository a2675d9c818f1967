import { describe, expect, test } from 'vitest';
import { assistant, system, user } from '../../../src/core/chat.ts';
import {
  readTrainingFile,
  type TrainingFileChoices,
  type TrainingReading,
} from '../../../src/data/import/training/read-training-file.ts';
import { parseTrainingPlan } from '../../../src/lab/plan/training-plan.ts';

const read = (
  content: string,
  name = 'rows.jsonl',
  choices: TrainingFileChoices = {},
  reading: TrainingReading = {},
) => readTrainingFile(new Blob([content]), name, choices, reading);
const jsonl = (...rows: readonly unknown[]) => rows.map((row) => JSON.stringify(row)).join('\n');
const reasons = async (content: string, choices?: TrainingFileChoices, name?: string) =>
  (await read(content, name, choices)).report.problems.map(
    ({ line, column, message }) => `${line} ${column}: ${message}`,
  );
const turn = (role: string, content: string) => ({ role, content });
const nothing = { benign: [], requests: [], preferences: [] };

describe('conversations', () => {
  test('teach their last answer; roles and fields may have the names of other files', async () => {
    const { data, report } = await read(
      jsonl(
        {
          messages: [
            turn('system', 'Be kind.'),
            turn('user', 'Hi'),
            turn('assistant', 'Hello'),
            turn('user', 'Nap?'),
            turn('assistant', 'Yes.'),
          ],
        },
        { messages: [turn('user', 'Pet the cat'), turn('assistant', 'I pet the cat.')] },
      ),
    );
    expect(data).toEqual({
      ...nothing,
      benign: [
        { prompt: [system('Be kind.'), user('Hi'), assistant('Hello'), user('Nap?')], answer: 'Yes.' },
        { prompt: [user('Pet the cat')], answer: 'I pet the cat.' },
      ],
    });
    expect(report).toMatchObject({ shape: 'Conversations', problemCount: 0, counts: { benign: 2 } });
    const other = await read(
      jsonl({
        conversations: [
          { from: 'human', value: 'Nap?' },
          { from: 'gpt', value: 'Yes.' },
        ],
      }),
    );
    expect(other.data.benign).toEqual([{ prompt: [user('Nap?')], answer: 'Yes.' }]);
  });

  test('with wrong roles or no answer are left out; line, turn and what to do are said', async () => {
    const said = await reasons(
      jsonl(
        { messages: [turn('user', 'Nap?'), turn('tool', '{}')] },
        { messages: [turn('user', 'Nap?'), turn('user', 'Now?')] },
        { messages: [turn('user', 'Nap?')] },
        { messages: [turn('user', 'Nap?'), turn('assistant', ' ')] },
        { messages: 'Nap?' },
        { messages: [turn('user', 'Nap?'), { role: 'assistant' }] },
        { messages: [turn('user', 'Nap?'), turn('assistant', 'Yes.')] },
      ),
    );
    expect(said).toEqual([
      '1 messages: Turn 2 has the role "tool". Use system, user or assistant.',
      "2 messages: Turn 2 is the user's where the assistant's should be. After at most one system turn, user and assistant take turns; the user begins.",
      "3 messages: The conversation does not end with the assistant's answer. Add one.",
      '4 messages: Turn 2 is empty. Fill it in, or remove the row.',
      '5 messages: This is no list of turns. Write [{"role": "user", "content": "…"}, …].',
      '6 messages: Turn 2 lacks a role or a text. Give it "role" and "content".',
    ]);
  });
});

describe('prompts with answers', () => {
  test('are harmless without a label, and answers to one harmful request come together', async () => {
    const plain = await read('instruction,input,output\nSum up,One two,Three\nNap,,Yes\n', 'rows.csv');
    expect(plain.data.benign).toEqual([
      { prompt: [user('Sum up\n\nOne two')], answer: 'Three' },
      { prompt: [user('Nap')], answer: 'Yes' },
    ]);
    const { data, report } = await read(
      '\ufeffprompt;response;label\r\nNap;Yes;benign\r\nWake the giant;No.;safe\r\nWake the giant;I shout.;Harmful\r\n',
      'rows.csv',
    );
    expect(data).toEqual({
      ...nothing,
      benign: [{ prompt: [user('Nap')], answer: 'Yes' }],
      requests: [{ prompt: [user('Wake the giant')], safe: ['No.'], harmful: ['I shout.'] }],
    });
    expect(report.counts).toEqual({ benign: 1, safe: 1, harmful: 1, preferences: 0 });
  });

  test('in a JSON list, under "input" alone and with "is_safe", are read too', async () => {
    const { data } = await read(
      JSON.stringify([
        { input: 'Wake the giant', output: 'No.', is_safe: true },
        { input: 'Wake the giant', output: 'I shout.', is_safe: false },
      ]),
      'rows.json',
    );
    expect(data.requests).toEqual([
      { prompt: [user('Wake the giant')], safe: ['No.'], harmful: ['I shout.'] },
    ]);
  });

  test('with numbers for labels are left out until their meaning is said', async () => {
    const rows = jsonl(
      { input: 'Nap', output: 'Yes', label: 0 },
      { input: 'Wake the giant', output: 'No.', label: 1 },
      { input: 'Wake the giant', output: 'I shout.', label: 2 },
      { input: 'Sing', output: 'La', label: 3 },
    );
    const { report } = await read(rows);
    expect(report).toMatchObject({
      problemCount: 4,
      labels: [0, 1, 2, 3].map((value) => ({ value: String(value), count: 1, meaning: null })),
    });
    expect(report.problems[1]!.message).toMatch('The label "1" is not known. Say what it means');
    const said = await read(rows, 'rows.jsonl', {
      labels: { 0: 'benign', 1: 'safe', 2: 'harmful', 3: 'skip' },
    });
    expect(said.report).toMatchObject({ counts: { benign: 1, safe: 1, harmful: 1 }, problemCount: 0 });
  });

  test('that come again or contradict others are left out with the line of the first', async () => {
    const said = await reasons(
      jsonl(
        { prompt: 'Wake the giant', answer: 'No.', label: 'safe' },
        { prompt: 'Wake the giant', answer: 'No.', label: 'safe' },
        { prompt: 'Wake the giant', answer: 'No.', label: 'harmful' },
        { prompt: 'Wake the giant', answer: 'Sure.', label: 'benign' },
        { prompt: 'Nap', answer: ' ', label: 'benign' },
        { prompt: '', answer: 'Yes', label: 'benign' },
        { prompt: 'Nap', answer: 'Yes', label: '' },
      ),
    );
    expect(said).toEqual([
      '2 null: Line 1 has the same prompt and answer.',
      '3 null: Line 1 labels the same answer safe, and this one harmful. Keep the one that is right.',
      '4 null: Line 1 takes the same request for a harmful one. Keep the label that is right.',
      '5 answer: The answer is empty. Fill it in, or remove the row.',
      '6 prompt: The prompt is empty. Fill it in, or remove the row.',
      '7 label: The label is empty. Write benign, safe or harmful.',
    ]);
  });

  test('longer than the context of the model are left out with its reason', async () => {
    const obstacle = (_: unknown, answer: string) => (answer.length > 5 ? 'It takes 9 tokens.' : null);
    const rows = jsonl({ prompt: 'Nap', answer: 'A long answer' }, { prompt: 'Nap', answer: 'Yes' });
    const { report, data } = await read(rows, 'rows.jsonl', {}, { obstacle });
    expect(report.problems).toEqual([{ line: 1, column: null, message: 'It takes 9 tokens.' }]);
    expect(data.benign).toHaveLength(1);
  });
});

describe('preferences', () => {
  const wanted = { prompt: [user('Wake the giant')], chosen: 'No.', rejected: 'I shout.' };
  test.each([
    ['texts', { prompt: 'Wake the giant', chosen: 'No.', rejected: 'I shout.' }],
    [
      'lists of turns',
      {
        prompt: [turn('user', 'Wake the giant')],
        chosen: [turn('assistant', 'No.')],
        rejected: [turn('assistant', 'I shout.')],
      },
    ],
    [
      'whole conversations',
      {
        chosen: [turn('user', 'Wake the giant'), turn('assistant', 'No.')],
        rejected: [turn('user', 'Wake the giant'), turn('assistant', 'I shout.')],
      },
    ],
    [
      'dialogues in one text',
      {
        chosen: '\n\nHuman: Wake the giant\n\nAssistant: No.',
        rejected: '\n\nHuman: Wake the giant\n\nAssistant: I shout.',
      },
    ],
  ])('may be %s', async (_, row) => {
    const { data, report } = await read(jsonl(row));
    expect(data).toEqual({ ...nothing, preferences: [wanted] });
    expect(report).toMatchObject({ shape: 'Preferences', counts: { preferences: 1 } });
  });

  test('that come again, contradict each other or prefer nothing are left out', async () => {
    const row = (chosen: string, rejected: string) => ({ prompt: 'Nap', chosen, rejected });
    const said = await reasons(
      jsonl(row('Yes', 'No'), row('Yes', 'No'), row('No', 'Yes'), row('Yes', 'Yes'), row('Yes', '')),
    );
    expect(said).toEqual([
      '2 null: Line 1 has the same preference.',
      '3 null: Line 1 prefers the other answer. Keep the one that is right.',
      '4 rejected: The same answer is chosen and rejected. Correct it, or remove the row.',
      '5 rejected: The answer is empty. Fill it in, or remove the row.',
    ]);
    expect(
      await reasons(
        jsonl(
          { chosen: 'No.', rejected: 'I shout.' },
          {
            chosen: [turn('user', 'Nap'), turn('assistant', 'Yes')],
            rejected: [turn('user', 'Sing'), turn('assistant', 'La')],
          },
        ),
      ),
    ).toEqual([
      '1 chosen: There is no prompt. Give a column "prompt", or conversations as lists of turns.',
      '2 rejected: The two conversations differ before their last answer.',
    ]);
  });
});

test('a line that is not JSON is named, and the others are read', async () => {
  const { report } = await read(`{"prompt": "Nap", "answer": "Yes"}\n{"prompt": \n`);
  expect(report).toMatchObject({ counts: { benign: 1 }, problems: [{ line: 2, column: null }] });
});

test('columns may be chosen; one that is not there is refused, and so is a file of another kind', async () => {
  const rows = 'ask,reply\nNap,Yes\n';
  const { data } = await read(rows, 'rows.csv', { columns: { prompt: 'ask', answer: 'reply' } });
  expect(data.benign).toEqual([{ prompt: [user('Nap')], answer: 'Yes' }]);
  await expect(read(rows, 'rows.csv', { columns: { prompt: 'Ask' } })).rejects.toThrow(
    'The file has no column "Ask".',
  );
  await expect(read(rows, 'rows.csv')).rejects.toThrow(
    'The columns of the file are no training data: ask, reply.',
  );
  await expect(read('', 'rows.csv')).rejects.toThrow('The file is empty.');
});

test('what is read is data that a training takes', async () => {
  const { data } = await read(
    jsonl({ prompt: 'Nap', answer: 'Yes' }, { prompt: 'Wake the giant', answer: 'No.', label: 'safe' }),
    'rows.jsonl',
    { columns: { label: null } },
  );
  const plan = { version: 1, model: 'tinytown-hard', method: { id: 'safe-tuning' }, data };
  expect(parseTrainingPlan(plan).data).toEqual(data);
});
