import { expect, test, vi } from 'vitest';
import type { LabClient } from '../../../src/lab/worker/lab-client.ts';
import { writeResults } from '../../../src/lab/vault/results.ts';
import { Scoreboard } from '../../../src/ui/vault/scoreboard.svelte.ts';
import { catalogue, createFakeLab } from '../fake-lab.ts';

/** A lab in which exactly the words "open" open a vault. */
function setUp() {
  const fake = createFakeLab();
  const chat = vi.fn<LabClient['chat']>(async (request, options) => {
    const outcome = await fake.chat(request, options);
    if (outcome.status !== 'done') return outcome;
    const value = request.messages.at(-1)!.content === 'open' ? 1 : 0;
    const scores = {
      'tinytown-oracle': { value, label: value === 1 ? 'complied' : 'refused', explanation: '' },
    };
    return { status: 'done', value: { ...outcome.value, scores } };
  });
  return { chat, board: new Scoreboard({ chat }, { catalogue }) };
}

const fileOf = (name: string, ...solved: readonly (readonly [level: string, prompt: string])[]) =>
  new File(
    [writeResults({ name, solved: solved.map(([level, prompt]) => ({ level, prompt, attempts: 2 })) })],
    `${name}.json`,
  );

test('words are asked again, and only those that open the vault are checked', async () => {
  const { board, chat } = setUp();
  await board.add([
    fileOf('Bo', ['level-1', 'please']),
    fileOf('Ada', ['level-1', 'open'], ['level-99', 'open']),
  ]);
  expect(board.entries.map(({ name, checks }) => [name, checks])).toEqual([
    ['Ada', { 'level-1': 'checked', 'level-99': 'unknown level' }],
    ['Bo', { 'level-1': 'did not open' }],
  ]);
  expect(chat).toHaveBeenCalledTimes(2);
  expect(board.csv()).toMatch(/^name,.*\r\nAda,1,2,2,open,checked/);
});

test('a file that is none is named, and the others are read; a later file of a player replaces the earlier one', async () => {
  const { board, chat } = setUp();
  await board.add([new File(['{'], 'broken.json'), fileOf('Ada', ['level-1', 'please'])]);
  expect(board.problems.map(({ message }) => message)).toEqual(['broken.json is not JSON.']);
  await board.add([fileOf('Ada', ['level-1', 'open'])]);
  expect(board.problems).toEqual([]);
  expect(board.entries.map(({ checks }) => checks)).toEqual([{ 'level-1': 'checked' }]);
  expect(chat).toHaveBeenCalledTimes(2);
});

test('a lab that does not answer leaves the words unchecked', async () => {
  const { board, chat } = setUp();
  chat.mockResolvedValue({ status: 'failed', code: 'worker-died', message: 'Gone.', advice: 'Reload.' });
  await board.add([fileOf('Ada', ['level-1', 'open'])]);
  expect(board.entries[0]!.checks).toEqual({ 'level-1': 'could not tell' });
});

test('what was found about an earlier file of a player says nothing about a later one', async () => {
  const { board, chat } = setUp();
  const answer = chat.getMockImplementation()!;
  const waiting: (() => void)[] = [];
  chat.mockImplementation(async (...call) => {
    await new Promise<void>((go) => waiting.push(go));
    return answer(...call);
  });
  const first = board.add([fileOf('Ada', ['level-1', 'open'])]);
  await vi.waitFor(() => expect(waiting).toHaveLength(1));
  const second = board.add([fileOf('Ada', ['level-1', 'please'])]);
  await vi.waitFor(() => expect(waiting).toHaveLength(2));
  waiting[0]!();
  await first;
  expect(board.entries[0]!.checks).toEqual({ 'level-1': 'waiting' });
  waiting[1]!();
  await second;
  expect(board.entries[0]!.checks).toEqual({ 'level-1': 'did not open' });
});
