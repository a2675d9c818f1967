/** @file The plan editor in a real browser, on the fake lab: stacks are built by keyboard, learned files taken in. */
import { flushSync, mount, unmount } from 'svelte';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { artifactFile } from '../../src/lab/plan/artifacts.ts';
import App from '../../src/ui/App.svelte';
import '../../src/ui/base.css';
import { createApp, type App as AppState } from '../../src/ui/app.ts';
import '../../src/ui/theme.css';
import { createFakeLab } from './fake-lab.ts';
import { plan } from './plan.ts';

let app: AppState;
let component: ReturnType<typeof mount>;

beforeEach(async () => {
  location.hash = '#/matrix';
  const quickstart = async () => plan;
  app = createApp({
    lab: createFakeLab(),
    window,
    readLedger: async () => null,
    repairFiles: async () => ({ replaced: [], added: [], failed: [] }),
    quickstart,
  });
  component = mount(App, { target: document.body, props: { app } });
  // The file of the page is fetched, and in a test compiled, when the page is first opened.
  await vi.waitFor(() => expect(app.matrix.table).not.toBeNull());
  const edit = await vi.waitFor(() => button('Edit the plan'), { timeout: 20_000 });
  edit.click();
  flushSync();
});
afterEach(() => unmount(component));

const all = (selector: string) => [...document.querySelectorAll<HTMLElement>(selector)];
const named = (name: string) => {
  const element = all(`[aria-label="${name}"]`)[0];
  if (!element) throw new Error(`Nothing is called ${name}.`);
  return element;
};
const button = (text: string) => {
  const element = all('button').find(({ textContent }) => textContent?.trim().startsWith(text));
  if (!element) throw new Error(`No button says ${text}.`);
  return element;
};
const control = (text: string) => {
  const label = all('label').find(({ textContent }) => textContent?.trim() === text) as HTMLLabelElement;
  return label.control as HTMLSelectElement & HTMLInputElement;
};
/** What choosing an option by keyboard comes to. */
const choose = (label: string, value: string) => {
  control(label).value = value;
  control(label).dispatchEvent(new Event('change', { bubbles: true }));
  flushSync();
};
const columns = () =>
  all('dialog li > .head .name').map(({ textContent }) => textContent!.trim().split(/\s{2,}|\n/)[0]);
const focused = () => document.activeElement?.getAttribute('aria-label');
const run = async () => {
  button('Run this plan').click();
  await vi.waitFor(() => expect(app.run.status).toBe('done'));
  return app.run.plan!.defenses;
};

test('a column is added, filled, reordered and run without a pointer', async () => {
  choose('New column', 'perplexity-filter');
  await vi.waitFor(() => expect(document.activeElement?.getAttribute('aria-expanded')).toBe('true'));
  expect(document.activeElement?.textContent).toContain('Perplexity filter');
  choose('Stack of column 3', 'self-reminder');
  const up = named('Move Self-reminder up');
  up.focus();
  up.click();
  await vi.waitFor(() => expect(focused()).toBe('Move Self-reminder down'));
  expect(columns()[2]).toContain('Self-reminder + Perplexity filter');
  named('Move column 3 up').focus();
  named('Move column 3 up').click();
  await vi.waitFor(() => expect(focused()).toBe('Move column 2 up'));
  const defenses = await run();
  expect(defenses[1]!.stack.map(({ id }) => id)).toEqual(['self-reminder', 'perplexity-filter']);
});

test('a duplicate waits for what tells it apart, and is named by it', async () => {
  choose('New column', 'perplexity-filter');
  named('Duplicate column 3').click();
  flushSync();
  expect(button('Run this plan')).toHaveProperty('disabled', true);
  expect(all('dialog [role="status"]').some(({ textContent }) => textContent?.includes('Two columns'))).toBe(
    true,
  );
  named('Options of Perplexity filter').click();
  flushSync();
  const threshold = control('Threshold');
  threshold.value = '60';
  threshold.dispatchEvent(new Event('input', { bubbles: true }));
  flushSync();
  const defenses = await run();
  expect(defenses.slice(2)).toEqual([
    { stack: [{ id: 'perplexity-filter', options: {} }] },
    {
      name: 'Perplexity filter (threshold 60)',
      stack: [{ id: 'perplexity-filter', options: { threshold: 60 } }],
    },
  ]);
});

test('removing columns hands the focus on, and a column without defenses says so', async () => {
  named('Remove column 1').focus();
  named('Remove column 1').click();
  await vi.waitFor(() => expect(focused()).toBe('Remove column 1'));
  all('dialog li > .head .open')[0]!.click();
  flushSync();
  for (const title of ['Self-reminder', 'SafeDecoding']) {
    named(`Remove ${title}`).click();
    flushSync();
  }
  expect(document.body.textContent).toContain('Column 1 holds no defense');
});

test('what a defense learned is saved after a run, taken in for the next, and given up again', async () => {
  choose('New column', 'gradient-cuff');
  const group = () => named('What Gradient Cuff learned');
  expect(group().textContent).toContain('Learns about the model');
  await run();
  flushSync();
  expect(app.run.artifacts).toMatchObject([{ defense: 'gradient-cuff', model: 'tinytown-chat' }]);
  await vi.waitFor(() => button('What defenses learned')); // loaded with the first run
  button('Edit the plan').click();
  (await vi.waitFor(() => all('dialog li > .head .open')[2] ?? expect.unreachable())).click();
  flushSync();
  const take = (content: string) => {
    const input = named('File of what Gradient Cuff learned') as HTMLInputElement;
    const files = new DataTransfer();
    files.items.add(new File([content], 'learned.json'));
    input.files = files.files;
    input.dispatchEvent(new Event('change', { bubbles: true }));
  };
  const saved = artifactFile(app.run.artifacts, '2026-01-02T03:04:05.000Z');
  take('{');
  await vi.waitFor(() => expect(group().textContent).toContain('is not JSON'));
  take(JSON.stringify(plan));
  await vi.waitFor(() => expect(group().textContent).toContain('does not hold what defenses learned'));
  take(JSON.stringify({ ...saved, artifacts: [{ ...saved.artifacts[0], artifact: { threshold: 'high' } }] }));
  await vi.waitFor(() => expect(group().textContent).toContain('is damaged: threshold'));
  take(JSON.stringify(saved));
  await vi.waitFor(() => expect(group().textContent).toMatch(/Learned on Tinytown.*, 18 B, saved/));
  expect(group().textContent).not.toContain('damaged');
  expect((await run())[2]).toMatchObject({ stack: [{ artifact: { threshold: 1.25 } }] });
  flushSync();
  button('Edit the plan').click();
  (await vi.waitFor(() => all('dialog li > .head .open')[2] ?? expect.unreachable())).click();
  flushSync();
  expect(group().textContent).toContain('given by the plan');
  button('Learn anew').click();
  flushSync();
  expect((await run())[2]!.stack[0]).not.toHaveProperty('artifact');
});

test('methods are found by words of their name, paper or summary', () => {
  const boxes = () => all('dialog input[type="checkbox"]').length;
  const before = boxes();
  const search = named('Find in Attacks') as HTMLInputElement;
  const find = (text: string) => {
    search.value = text;
    search.dispatchEvent(new Event('input', { bubbles: true }));
    flushSync();
  };
  find('zou coordinate');
  expect(boxes()).toBeLessThan(before);
  find('nothing like this');
  expect(document.body.textContent).toMatch(/None of \d+ holds these words/);
  find('');
  expect(boxes()).toBe(before);
});
