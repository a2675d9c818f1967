import { expect, test } from 'vitest';
import { Covers, isDeclined } from '../../../src/ui/state/covers.svelte.ts';
import { attackCommand } from '../../../src/ui/links/command.ts';
import { demoPlan } from '../../../src/ui/home/demo.ts';
import { Ledger } from '../../../src/ui/state/ledger.svelte.ts';
import { Preference } from '../../../src/ui/frame/preference.svelte.ts';
import { RunList } from '../../../src/ui/matrix/run-list.svelte.ts';
import { TrialView } from '../../../src/ui/trial/trial-view.svelte.ts';
import { fileName } from '../../../src/ui/files.ts';
import { parsePlan } from '../../../src/lab/plan/plan.ts';
import { catalogue, createFakeLab, trialsOf } from '../fake-lab.ts';
import { plan } from '../plan.ts';

test('what may do harm outside of the fiction that ships is covered until uncovered, and nothing else', () => {
  const covers = new Covers(() => catalogue);
  const own = { kind: 'harmful', model: 'https://example.org/model', set: 'own' } as const;
  expect(covers.covers(own)).toBe(true);
  expect(covers.covers({ ...own, set: undefined })).toBe(true);
  expect(covers.covers({ ...own, kind: 'benign-lookalike' })).toBe(false);
  expect(covers.covers({ ...own, set: 'tinytown' })).toBe(false);
  expect(covers.covers({ ...own, model: 'tinytown-chat' })).toBe(false);
  expect(covers.covers({ ...own, declined: isDeclined('blocked', {}) })).toBe(false);
  expect(covers.covers({ ...own, declined: isDeclined('end', { 'pattern-refusal': { value: 1 } }) })).toBe(
    false,
  );
  expect(covers.covers({ ...own, declined: isDeclined('end', { 'pattern-refusal': { value: 0 } }) })).toBe(
    true,
  );
  covers.lift();
  expect(covers.covers(own)).toBe(false);
});

test('a model of one’s own with an adapter that ships is no fiction', () => {
  const adapted = {
    ...catalogue.models[0]!,
    id: 'mine+keeper',
    source: { kind: 'bundled', base: 'adapters/keeper/' },
    adapter: { base: { kind: 'stored', folder: 'mine' } },
  } as const;
  const covers = new Covers(() => ({ ...catalogue, models: [adapted] }));
  expect(covers.covers({ kind: 'harmful', model: 'mine+keeper', set: 'own' })).toBe(true);
});

test('the command line of a trial names stack and options, quoted for a shell', () => {
  const withOptions = parsePlan({ ...plan, attacks: [{ id: 'laa', options: { template: "it's" } }] });
  const key = { model: 'm', behavior: 'wake the giant', attack: 'laa', defense: 'both' };
  expect(attackCommand(withOptions, key)).toBe(
    `npm run lab -- attack laa --model m --behavior 'wake the giant' --defense self-reminder --defense safe-decoding --option 'template=it'\\''s' --json`,
  );
  const chain = {
    id: 'tense+gcg',
    options: {},
    attack: [
      { id: 'tense', options: {} },
      { id: 'gcg', options: { steps: 4 } },
    ],
  };
  expect(attackCommand({ ...plan, attacks: [chain] }, { ...key, attack: 'tense+gcg' })).toContain(
    'attack tense+gcg --model',
  );
  expect(attackCommand({ ...plan, attacks: [chain] }, { ...key, attack: 'tense+gcg' })).toContain(
    '--option gcg.steps=4',
  );
  expect(attackCommand(plan, { ...key, attack: 'direct-request', defense: 'none' })).not.toContain(
    '--defense',
  );
  expect(attackCommand(plan, key)).not.toContain('--adaptive');
  expect(attackCommand(plan, { ...key, mode: 'adaptive' })).toContain(' --adaptive ');
});

test('the command line of a trial repeats seed, sampling, options of defenses, and the models of roles', () => {
  const set = parsePlan({
    ...plan,
    seed: 3,
    sampling: { temperature: 0.5, maxNewTokens: 20 },
    defenses: [
      { name: 'both', stack: [{ id: 'perplexity-filter', options: { threshold: 9, reads: 'whole' } }] },
    ],
  });
  const key = { model: 'm', behavior: 'b', attack: 'direct-request', defense: 'both' };
  const usage = { judge: { queries: 1, promptTokens: 1, completionTokens: 1, scored: 0, gradients: 0 } };
  expect(attackCommand(set, { ...key, usage })).toBe(
    'npm run lab -- attack direct-request --model m --behavior b --defense perplexity-filter:threshold=9,reads=whole --role judge=tinytown-chat --seed 3 --temperature 0.5 --max-new-tokens 20 --json',
  );
});

test('the first page runs cheap attacks only, on few forbidden behaviors', () => {
  const small = demoPlan(plan, catalogue);
  expect(small.attacks.map(({ id }) => id)).toEqual(['direct-request', 'assistant-prefix']);
  expect(trialsOf(small).every(({ behaviorDetail }) => behaviorDetail.kind === 'harmful')).toBe(true);
  expect(trialsOf(small).length).toBeLessThanOrEqual(64);
});

test('only other hosts count as outside, and refused requests never got there', async () => {
  const entry = (host: string, reason: string, requests: number, bytes: number) => ({
    address: `https://${host}/`,
    host,
    reason,
    requests,
    failures: 0,
    bytes,
    at: '2026-01-01T00:00:00.000Z',
  });
  const entries = [
    entry('lab.example', 'app files', 9, 900),
    entry('huggingface.co', 'model m', 2, 50),
    entry('elsewhere.example', 'refused: another host', 3, 0),
    entry('elsewhere.example', 'refused', 3, 0),
  ];
  const ledger = new Ledger(async () => ({ sealed: false, entries, stored: 1, total: 2 }), 'lab.example');
  expect(ledger.sealed).toBe(true);
  await ledger.refresh();
  expect([ledger.sealed, ledger.requestsOut, ledger.bytesIn]).toEqual([false, 2, 50]);
});

test('without a service worker the ledger says so instead of showing zero', async () => {
  const ledger = new Ledger(async () => null, 'lab.example');
  expect(ledger.asked).toBe(false);
  await ledger.refresh();
  expect([ledger.asked, ledger.report]).toEqual([true, null]);
});

test('a preference is remembered, and works where storage is refused', () => {
  const items = new Map<string, string>([['theme', 'nonsense']]);
  const store = {
    getItem: (name: string) => items.get(name) ?? null,
    setItem: (name: string, value: string) => void items.set(name, value),
  };
  const theme = new Preference<'system' | 'dark'>('theme', ['system', 'dark'], store);
  expect(theme.current).toBe('system');
  theme.current = 'dark';
  expect(new Preference<'system' | 'dark'>('theme', ['system', 'dark'], store).current).toBe('dark');
  const refuse = () => {
    throw new DOMException('', 'SecurityError');
  };
  const unremembered = new Preference<'system' | 'dark'>('theme', ['system', 'dark'], {
    getItem: refuse,
    setItem: refuse,
  });
  unremembered.current = 'dark';
  expect(unremembered.current).toBe('dark');
});

test('a trial is read from the store, with its neighbors in the cell', async () => {
  const lab = createFakeLab();
  await lab.run(plan);
  const id = await lab.runId(plan);
  const record = trialsOf(plan)[5]!;
  const view = new TrialView(lab, () => {});
  await view.open(id, record);
  expect(view.opened?.record).toEqual(record);
  const { attack, defense } = record;
  expect(view.opened).toMatchObject({ before: { attack, defense }, after: { attack, defense } });
});

test('a label is kept with the trial, and the rates of its run are told to count it', async () => {
  const lab = createFakeLab();
  await lab.run(plan);
  const id = await lab.runId(plan);
  const record = trialsOf(plan).find(({ behaviorDetail }) => behaviorDetail.kind === 'harmful')!;
  const changed: string[] = [];
  const view = new TrialView(lab, (run) => changed.push(run));
  await view.open(id, record);
  expect(view.label).toBeUndefined();
  for (const label of [true, false, null] as const) {
    expect(await view.setLabel(id, record, label)).toBe(true);
    expect(view.label).toBe(label);
  }
  const outcome = await lab.overview(id);
  expect(
    outcome.status === 'done' && outcome.value.summary.cells.some((cell) => cell.evaluator === 'person'),
  ).toBe(true);
  await view.setLabel(id, record, undefined);
  expect(view.label).toBeUndefined();
  expect(changed).toEqual([id, id, id, id]);
});

test('a link to a trial of another device says what to do', async () => {
  const view = new TrialView(createFakeLab(), () => {});
  await view.open('unknown', trialsOf(plan)[0]!);
  expect(view.opened).toBeNull();
  expect(view.failure?.advice).toMatch(/same plan/);
});

test('removing a run takes it off the list', async () => {
  const lab = createFakeLab();
  await lab.run(plan);
  const runs = new RunList(lab);
  await runs.refresh();
  expect(runs.runs.map(({ name }) => name)).toEqual(['Small']);
  await runs.remove(runs.runs[0]!.id);
  expect(runs.runs).toEqual([]);
});

test('a run that another tab computes stays, with the reason', async () => {
  const lab = createFakeLab();
  await lab.run(plan);
  const failed = { status: 'failed', code: 'run-locked', message: 'Going on.', advice: 'Stop it.' } as const;
  const runs = new RunList({ ...lab, remove: async () => failed });
  await runs.refresh();
  expect(await runs.remove(runs.runs[0]!.id)).toEqual(failed);
  expect(runs.runs).toHaveLength(1);
});

test('a file name holds nothing that a file system could misread', () => {
  expect(fileName('../My plan: α/β?')).toBe('my-plan');
  expect(fileName('…')).toBe('run');
});
