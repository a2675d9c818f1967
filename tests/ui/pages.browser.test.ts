/** @file The pages in a real browser, on the fake lab: what keyboard and screen reader users are promised. */
import { flushSync, mount, unmount } from 'svelte';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import App from '../../src/ui/App.svelte';
import '../../src/ui/base.css';
import { createApp, type App as AppState } from '../../src/ui/app.ts';
import '../../src/ui/theme.css';
import type { TrialRecord } from '../../src/lab/records/trial.ts';
import { createFakeLab, trialsOf } from './fake-lab.ts';
import { plan } from './plan.ts';

let app: AppState;
let component: ReturnType<typeof mount>;

beforeEach(async () => {
  location.hash = '#/matrix';
  app = createApp({
    lab: createFakeLab(),
    window,
    readLedger: async () => null,
    repairFiles: async () => ({ replaced: [], added: [], failed: [] }),
    quickstart: async () => plan,
  });
  component = mount(App, { target: document.body, props: { app } });
  await shown();
});
afterEach(() => unmount(component));

const find = (selector: string): HTMLElement => {
  const element = document.querySelector<HTMLElement>(selector);
  if (!element) throw new Error(`Nothing matches ${selector}.`);
  return element;
};
const all = (selector: string) => [...document.querySelectorAll<HTMLElement>(selector)];
const press = (key: string, on: Element = document.activeElement ?? document.body) => {
  on.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }));
  flushSync();
};
/** The file of a page is fetched, and in a test compiled, when the page is first opened. */
const firstTime = { timeout: 20_000 };
const shown = async () => {
  await vi.waitFor(() => expect(document.querySelector('main > *')).not.toBeNull(), firstTime);
  flushSync();
};
const go = async (hash: string) => {
  location.hash = hash;
  await vi.waitFor(() => expect(app.router.route.page).toBe(hash.split('/')[1]!.split('?')[0]));
  flushSync();
  await shown();
};
const cells = () => all('main tbody:first-of-type button');
const made = trialsOf(plan);
/** Have the store give back a changed record. */
const showInstead = (record: TrialRecord) => {
  const { trial } = app.lab;
  app.lab.trial = async (run, key) => {
    const outcome = await trial(run, key);
    return outcome.status === 'done' ? { status: 'done', value: { ...outcome.value, record } } : outcome;
  };
};
const trialPage = () =>
  vi.waitFor(() => expect(document.querySelector('ol.chain')).not.toBeNull(), firstTime);
const finishRun = async () => {
  await vi.waitFor(() => expect(app.labInfo.quickstart).not.toBeNull());
  await app.run.start(plan);
  flushSync();
};

test('every control of every page has a name', async () => {
  for (const hash of ['#/matrix', '#/playground', '#/behaviors', '#/models', '#/ledger', '#/about']) {
    await go(hash);
    await vi.waitFor(() => expect(app.labInfo.catalogue).not.toBeNull());
    flushSync();
    const nameless = all('button, a, input, select, textarea').filter((control) => {
      const labels = 'labels' in control ? [...((control as HTMLInputElement).labels ?? [])] : [];
      const named = [
        control.getAttribute('aria-label'),
        control.textContent,
        ...labels.map((one) => one.textContent),
      ];
      return !named.some((name) => name?.trim());
    });
    expect(nameless.map(({ outerHTML }) => outerHTML)).toEqual([]);
  }
});

test('the class page offers the plans of stored runs, and says what a pack needs that is not here', async () => {
  await finishRun();
  await go('#/class');
  await vi.waitFor(() => expect(find('main').textContent).toContain(plan.name));
  all('main button')
    .find(({ textContent }) => textContent?.includes('Save the class pack'))!
    .click();
  await vi.waitFor(() => expect(find('main').textContent).toContain('The seal is not active'));
});

test('a page of the docs lists its headings, a search leads to one, and an unknown page says so', async () => {
  await go('#/docs/class');
  await vi.waitFor(() => expect(find('article h2').textContent).toBe('Take the lab to class'), firstTime);
  expect(all('nav[aria-label="On this page"] a').map(({ textContent }) => textContent)).toContain('Start it');
  const field = find('input[type="search"]') as HTMLInputElement;
  field.focus();
  field.value = 'serve.mjs headers';
  field.dispatchEvent(new Event('input', { bubbles: true }));
  const result = await vi.waitFor(() => find('search li a'), firstTime);
  result.click();
  await vi.waitFor(() => expect(document.activeElement?.id).toBe('doc-start-it'));
  location.hash = '#/docs/nowhere';
  await vi.waitFor(() => expect(find('[role="alert"]').textContent).toContain('no page “nowhere”'));
});

test('a cell says in words what its colour and bar show', async () => {
  await finishRun();
  const spoken = cells().map((cell) => cell.getAttribute('aria-label'));
  expect(spoken).toHaveLength(6);
  for (const words of spoken)
    expect(words).toMatch(
      / against .*: \d+%, 95% interval \d+–\d+%, \d of the \d decided(?:; 1 of 4 undecided; \d+–\d+% whatever the undecided are)?$/,
    );
});

test('arrow keys move between cells, and only one cell is in the tab order', async () => {
  await finishRun();
  expect(cells().filter(({ tabIndex }) => tabIndex === 0)).toHaveLength(1);
  cells()[0]!.focus();
  press('ArrowRight');
  expect(document.activeElement).toBe(cells()[1]);
  press('ArrowDown');
  expect(document.activeElement).toBe(cells()[4]);
  press('ArrowUp');
  press('ArrowUp');
  expect(document.activeElement).toBe(cells()[1]);
  expect(cells().filter(({ tabIndex }) => tabIndex === 0)).toEqual([cells()[1]]);
});

test('a link to a run of another device says so, and what to do', async () => {
  location.hash = '#/matrix?run=0123456789abcdef0123';
  await vi.waitFor(() =>
    expect(find('[role="alert"]').textContent).toContain('does not hold the run of this link'),
  );
  all('[role="alert"] button').at(-1)!.click();
  await vi.waitFor(() => expect(document.querySelector('[role="alert"]')).toBeNull());
});

test('a link that is opened while a run is under way keeps its address, and does not show that run', async () => {
  await finishRun();
  await vi.waitFor(() => expect(location.hash).toContain('run='));
  const address = location.hash;
  app.run.status = 'running';
  await go('#/matrix?run=0123456789abcdef0123');
  await vi.waitFor(() => expect(find('[role="alert"]').textContent).toContain('does not hold the run'));
  expect(location.hash).toBe('#/matrix?run=0123456789abcdef0123');
  expect(cells()).toEqual([]);
  await go(address);
  await vi.waitFor(() => expect(cells().length).toBeGreaterThan(0));
});

test('a cell of a plan that was never run says that it has no trial', async () => {
  await go('#/matrix');
  await vi.waitFor(() => expect(cells().length).toBeGreaterThan(0));
  cells()[0]!.click();
  await vi.waitFor(() => expect(find('dialog li.none').textContent).toContain('No trial of this cell'));
});

test('a cell opens its trials, the address says so, and closing returns to the table', async () => {
  await finishRun();
  cells()[2]!.click();
  await vi.waitFor(() => expect(document.querySelector('dialog[open]')).not.toBeNull());
  expect(location.hash).toContain('cell=direct-request%7Cboth');
  await vi.waitFor(() => expect(all('dialog li a')).toHaveLength(4));
  find('dialog button[aria-label="Close"]').click();
  flushSync();
  expect(document.querySelector('dialog')).toBeNull();
  expect(location.hash).not.toContain('cell=');
});

test('the page opens on the newest run that is stored here, and its cell says its own rate', async () => {
  await go('#/about');
  await app.lab.run(plan);
  await go('#/matrix');
  await vi.waitFor(() => expect(app.matrix.summary).not.toBeNull());
  await vi.waitFor(() => expect(location.hash).toContain('run='));
  flushSync();
  cells()[0]!.click();
  flushSync();
  const rate = cells()[0]!.querySelector('.rate')!.textContent!;
  expect(find('dialog[open]').textContent).toMatch(new RegExp(`${rate} of attacks succeeded, 95% interval`));
});

test('a trial in the panel opens its page, which stays open', async () => {
  expect(document.activeElement).toBe(document.body); // the first page takes no focus
  await finishRun();
  cells()[0]!.click();
  await vi.waitFor(() => expect(document.querySelector('dialog[open]')).not.toBeNull());
  await vi.waitFor(() => find('dialog li a').click());
  await trialPage();
  await new Promise((resolve) => setTimeout(resolve, 100)); // the panel's close event comes late
  expect(app.router.route.page).toBe('trial');
  expect(document.activeElement).toBe(find('main'));
});

/** The same of a model and a set that are not the lab's own fiction, complied with. */
const fromElsewhere = (record: TrialRecord): TrialRecord => ({
  ...record,
  model: 'https://example.org/model',
  behaviorDetail: { ...record.behaviorDetail, set: 'brought' },
  finishReason: 'end',
  scores: {},
});

test('an answer to a forbidden request is not in the page until it is uncovered', async () => {
  await finishRun();
  const record = made.find(({ behaviorDetail }) => behaviorDetail.kind === 'harmful')!;
  showInstead(fromElsewhere(record));
  app.router.go({ page: 'trial', run: app.run.id!, key: record });
  await trialPage();
  expect(document.querySelector('[data-token]')).toBeNull();
  expect(find('main').textContent).not.toContain(record.response);
  find('.cover button').click();
  flushSync();
  expect(
    all('[data-token]')
      .map(({ textContent }) => textContent)
      .join(''),
  ).toBe(record.response);
  // The button with the focus is gone; who goes on by keyboard is at the text.
  await vi.waitFor(() => expect(document.activeElement?.contains(find('[data-token]'))).toBe(true));
  expect(document.activeElement).not.toBe(document.body);
});

test('what the evaluators read in place of an answer in code is covered with it, and stays text', async () => {
  await finishRun();
  const record = made.find(({ behaviorDetail }) => behaviorDetail.kind === 'harmful')!;
  const reading = 'Sing <b>loudly</b>.';
  const coded = {
    ...fromElsewhere(record),
    reading,
    attackResult: { ...record.attackResult, answeredIn: 'rot13' as const },
  };
  showInstead(coded);
  app.router.go({ page: 'trial', run: app.run.id!, key: record });
  await trialPage();
  expect(find('main').textContent).not.toContain(reading);
  app.covers.lift();
  flushSync();
  expect(find('ol.chain').textContent).toMatch(/Read as rot13 by the evaluators:\s*Sing <b>loudly<\/b>\./);
});

test.each([
  [{ reading: 'Sing.' }, /Translated from Tinnish for the evaluators:\s*Sing\./],
  [{ untranslated: 'too-long' as const }, /read this answer as it came: it is too long for the translator\./],
])('the page says what the evaluators read of an answer in another language: %j', async (read, said) => {
  await finishRun();
  const record = made.find(({ behaviorDetail }) => behaviorDetail.kind === 'harmful')!;
  const answeredIn = { language: 'Tinnish', question: '{text}' };
  const spoken = { ...record, ...read, attackResult: { ...record.attackResult, answeredIn } };
  showInstead(spoken);
  app.router.go({ page: 'trial', run: app.run.id!, key: record });
  await trialPage();
  app.covers.lift();
  flushSync();
  expect(find('ol.chain').textContent).toMatch(said);
});

test('arrow keys walk the tokens of an answer and show each one’s alternatives', async () => {
  await finishRun();
  app.covers.lift();
  const record = made.find(({ tokens }) => tokens.length > 2)!;
  app.router.go({ page: 'trial', run: app.run.id!, key: record });
  await vi.waitFor(() => expect(all('[data-token]').length).toBe(record.tokens.length));
  const tokens = all('[data-token]');
  tokens[0]!.focus();
  press('ArrowRight');
  expect(document.activeElement).toBe(tokens[1]);
  expect(find('.detail').textContent).toContain('Token 2');
  press('End');
  expect(document.activeElement).toBe(tokens.at(-1));
  press('ArrowRight');
  expect(document.activeElement).toBe(tokens.at(-1));
  press('Home');
  expect(find('.detail').textContent).toContain('Token 1');
});

test('model text that looks like markup stays text', async () => {
  await finishRun();
  app.covers.lift();
  const [record] = made;
  const response = '<img src=x onerror="globalThis.broken = true"><b>bold</b>';
  showInstead({ ...record!, response, tokens: [] });
  app.router.go({ page: 'trial', run: app.run.id!, key: record! });
  await trialPage();
  expect(find('ol.chain').textContent).toContain(response);
  expect(document.querySelector('ol.chain :is(img, b)')).toBeNull();
});

test('the run bar is on every page while a run is under way, and stopping takes it away at once', async () => {
  await finishRun();
  app.run.status = 'running';
  for (const hash of ['#/models', '#/ledger', '#/playground']) {
    await go(hash);
    expect(find('section[aria-label="Run in progress"]').textContent).toContain('Small');
  }
  all('section[aria-label="Run in progress"] button')
    .find(({ textContent }) => textContent?.includes('Stop'))!
    .click();
  flushSync();
  expect(document.querySelector('section[aria-label="Run in progress"]')).toBeNull();
});

test('single-character keys do nothing while typing, and can be switched off', async () => {
  await go('#/playground');
  press('?', find('textarea'));
  expect(document.querySelector('dialog')).toBeNull();
  press('?', document.body);
  expect(document.querySelector('dialog[open]')).not.toBeNull();
  find('dialog button[aria-label="Close"]').click();
  flushSync();
  app.shortcuts.current = 'off';
  press('?', document.body);
  expect(document.querySelector('dialog')).toBeNull();
  app.shortcuts.current = 'on';
});

test('what was set on a page is there, and checked, when one comes back to it', async () => {
  await go('#/training');
  const updates = () =>
    all('aside input[type="number"]').find(
      (input) => (input as HTMLInputElement).labels?.[0]?.textContent?.trim() === 'Updates',
    ) as HTMLInputElement;
  const enter = (text: string) => {
    updates().value = text;
    updates().dispatchEvent(new InputEvent('input', { bubbles: true }));
    flushSync();
  };
  enter('3');
  await go('#/about');
  await go('#/training');
  expect(updates().value).toBe('3');
  enter('0');
  expect(find('aside').textContent).toContain('Updates: enter a whole number.');
});

test('the form of a method is made from its options, each with its own label and description', async () => {
  await vi.waitFor(() => expect(app.labInfo.catalogue).not.toBeNull());
  await go('#/playground');
  app.playground.attack = 'gcg';
  flushSync();
  const gcg = app.labInfo.catalogue!.attacks.find(({ id }) => id === 'gcg')!;
  const form = find('aside details .form');
  expect(form.querySelectorAll('input, select, textarea')).toHaveLength(Object.keys(gcg.options).length);
  for (const { description } of Object.values(gcg.options)) expect(form.textContent).toContain(description);
});

test('published results of a method stand with the warnings that their file holds about it', async () => {
  await vi.waitFor(() => expect(app.labInfo.catalogue).not.toBeNull());
  await app.published.want('attacks');
  const { warnings } = app.published.current.attacks!.results.integrity!;
  const [, attack] = /^(\S+): reported /.exec(warnings.find((warning) => warning.includes(': reported '))!)!;
  location.hash = `#/methods/attack/${attack}`;
  const ofMethod = () => find('[aria-labelledby="measured"]:has(.note)').textContent;
  const measured = await vi.waitFor(ofMethod, firstTime);
  const [own, others] = [true, false].map((is) =>
    warnings.filter((warning) => warning.startsWith(`${attack}: `) === is),
  );
  expect(own).not.toEqual([]);
  for (const warning of own!) expect(measured).toContain(warning);
  for (const warning of others!) expect(measured).not.toContain(warning);
  expect(measured).toMatch(/The attack itself claimed success on \d+ of 30 behaviors/);
});

test('a defense that is moved by keyboard keeps the focus on its own arrow', async () => {
  await vi.waitFor(() => expect(app.labInfo.catalogue).not.toBeNull());
  await go('#/playground');
  await vi.waitFor(() => expect(app.playground.stack.chips).not.toEqual([])); // the example
  app.playground.stack.replace([]);
  for (const id of ['self-reminder', 'perplexity-filter', 'safe-decoding']) app.playground.stack.add(id);
  flushSync();
  const arrow = () => find('[aria-label="Move SafeDecoding up"]');
  arrow().focus();
  arrow().click();
  await vi.waitFor(() => expect(document.activeElement).toBe(arrow()));
  arrow().click();
  await vi.waitFor(() =>
    expect(document.activeElement?.getAttribute('aria-label')).toBe('Move SafeDecoding down'),
  );
  expect(app.playground.stack.chips.map(({ id }) => id)).toEqual([
    'safe-decoding',
    'self-reminder',
    'perplexity-filter',
  ]);
});

test('a template pack is taken into the plan, and one that does not fit says why', async () => {
  await vi.waitFor(() => expect(app.matrix.table).not.toBeNull());
  flushSync();
  all('main button')
    .find(({ textContent }) => textContent?.includes('Edit the plan'))!
    .click();
  const input = await vi.waitFor(() => find('input[aria-label="Template pack file"]') as HTMLInputElement);
  const choose = (content: unknown) => {
    const files = new DataTransfer();
    files.items.add(new File([JSON.stringify(content)], 'pack.json'));
    input.files = files.files;
    input.dispatchEvent(new Event('change', { bubbles: true }));
  };
  const section = () => find('section[aria-label="Attack templates"]').textContent;
  choose({ version: 1, name: 'mine', templates: { laa: { rules: ['no slots'] } } });
  await vi.waitFor(() => expect(section()).toContain('it lacks {target} and {goal}'));
  expect(section()).toContain('Those that ship');
  choose({ version: 1, name: 'mine', templates: { laa: { rules: ['{goal}! {target}'] } } });
  await vi.waitFor(() => expect(section()).toContain('“mine” for Simple adaptive attack (LAA).'));
});
