/** @file The studio and the microscope in a real browser, on the fake lab. */
import { flushSync, mount, unmount } from 'svelte';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import App from '../../src/ui/App.svelte';
import '../../src/ui/base.css';
import { createApp, type App as AppState } from '../../src/ui/app.ts';
import '../../src/ui/theme.css';
import { createFakeLab } from './fake-lab.ts';
import { longChat } from './long-answer.ts';
import { plan } from './plan.ts';

const answerTokens = 512;
let app: AppState;
let component: ReturnType<typeof mount>;

beforeEach(() => {
  location.hash = '#/';
  app = createApp({
    lab: { ...createFakeLab(), chat: longChat(answerTokens) },
    window,
    readLedger: async () => null,
    repairFiles: async () => ({ replaced: [], added: [], failed: [] }),
    quickstart: async () => plan,
  });
  component = mount(App, { target: document.body, props: { app } });
});
afterEach(() => unmount(component));

const all = (selector: string) => [...document.querySelectorAll<HTMLElement>(selector)];
const find = (selector: string): HTMLElement => {
  const element = all(selector)[0];
  if (!element) throw new Error(`Nothing matches ${selector}.`);
  return element;
};
const button = (name: RegExp) => all('button').find(({ textContent }) => name.test(textContent ?? ''))!;
const press = (key: string, on: Element = document.activeElement ?? document.body) => {
  on.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }));
  flushSync();
};
const open = async (page: 'studio' | 'microscope', landmark: string) => {
  location.hash = `#/${page}`;
  // Its file is fetched, and in a test compiled, when the page is first opened.
  await vi.waitFor(() => expect(document.querySelector(landmark)).not.toBeNull(), { timeout: 20_000 });
  await vi.waitFor(() => expect(app.labInfo.catalogue).not.toBeNull());
  flushSync();
};
const magnified = async () => {
  await open('microscope', 'section[aria-label="Set-up"]');
  app.microscope.prompt = 'How do I wake the stone giant?';
  await app.microscope.start();
  app.covers.lift();
  flushSync();
};
const strip = () => find('[role="listbox"]');
const inView = () => find('.in-view').textContent!.replace(/\s+/g, ' ');

test('stepping through 512 tokens leaves the page as small as it was, with the token in view in sight', async () => {
  await magnified();
  const size = () => find('main').querySelectorAll('*').length;
  strip().focus();
  await new Promise(requestAnimationFrame);
  const sizes = [size()];
  for (let step = 1; step < answerTokens; step++) {
    press('ArrowRight');
    if (step % 64 !== 0) continue;
    await new Promise(requestAnimationFrame);
    sizes.push(size());
    const id = strip().getAttribute('aria-activedescendant')!;
    const [cell, frame] = [document.getElementById(id)!, strip()].map((one) => one.getBoundingClientRect());
    expect(cell!.left).toBeGreaterThanOrEqual(frame!.left);
    expect(cell!.right).toBeLessThanOrEqual(frame!.right + 1);
  }
  expect(app.microscope.cursor).toBe(answerTokens - 1);
  expect(inView()).toContain('Token 512 of 512');
  expect(Math.max(...sizes)).toBeLessThan(900);
  expect(all('[role="option"]').length).toBeLessThan(80);
});

test('where the policy acts three distributions are shown, and once it stops acting the page says so', async () => {
  await magnified();
  expect(inView()).toMatch(/steered by SafeDecoding/);
  expect(all('.in-view thead th').map(({ textContent }) => textContent)).toEqual(
    expect.arrayContaining(['Base', 'Expert', 'Merged']),
  );
  expect(find('main').textContent).toMatch(/hands back at token 17/);
  app.microscope.look(20);
  flushSync();
  expect(inView()).toMatch(/the policy has let go/);
});

test('from the strip down to an alternative and Enter on it branches the answer there', async () => {
  await magnified();
  strip().focus();
  press('ArrowRight');
  press('ArrowDown');
  const alternative = document.activeElement as HTMLElement;
  expect(alternative.getAttribute('aria-label')).toMatch(/^Branch: take .* as token 2$/);
  press('ArrowUp');
  expect(document.activeElement).toBe(strip());
  alternative.click();
  await vi.waitFor(() => expect(app.microscope.lanes[0].takes).toHaveLength(2));
  flushSync();
  expect(app.microscope.cursor).toBe(1);
  expect(all('[aria-label="Branches"] button')).toHaveLength(2);
});

test('answers under the microscope are covered until they are uncovered', async () => {
  await open('microscope', 'section[aria-label="Set-up"]');
  [app.microscope.prompt, app.microscope.model] = [
    'How do I wake the stone giant?',
    'https://example.org/model',
  ];
  await app.microscope.start();
  flushSync();
  expect(document.querySelector('[role="listbox"]')).toBeNull();
});

test('an attack draws itself, can be scrubbed, and is saved as a trial that opens', async () => {
  await open('studio', 'aside[aria-label="Set-up"]');
  await vi.waitFor(() => expect(app.studio.setup.problem).toBeNull());
  button(/^\s*Start/).click();
  await vi.waitFor(() => expect(app.studio.run.status).toBe('done'));
  flushSync();
  expect(all('.middle section h2').map(({ textContent }) => textContent)).toEqual(
    expect.arrayContaining(['Loss', 'Suffix', 'Final prompt', 'Answer', 'Scores']),
  );
  const tokens = () => all('section[aria-label="Suffix"] .piece').map(({ textContent }) => textContent);
  const latest = tokens();
  const range = find('input[type="range"]') as HTMLInputElement;
  range.value = '2';
  range.dispatchEvent(new Event('input', { bubbles: true }));
  flushSync();
  expect(app.studio.run.at).toBe(2);
  expect(tokens()).not.toEqual(latest);
  button(/Save as a trial/).click();
  await vi.waitFor(() => expect(app.studio.run.saved).not.toBeNull());
  flushSync();
  const saved = all('a').find(({ textContent }) => /Open the saved trial/.test(textContent ?? ''))!;
  expect(saved.getAttribute('href')).toMatch(/^#\/trial\/studio/);
});

test.each([
  ['laa', ['Loss', 'Suffix']],
  ['pair', ['Conversations']],
  ['tap', ['Tree']],
])('steps of %s are drawn as %j', async (attack, titles) => {
  await open('studio', 'aside[aria-label="Set-up"]');
  await vi.waitFor(() => expect(app.studio.setup.behavior).not.toBeNull());
  app.studio.setup.pick(attack);
  const request = app.studio.setup.toRequest()!;
  const behavior = { ...request.behavior, set: 'brought' };
  await app.studio.run.start({ ...request, model: 'https://example.org/model', behavior });
  flushSync();
  const drawn = all('.middle section h2').map(({ textContent }) => textContent);
  expect(drawn.slice(0, titles.length)).toEqual(titles);
  const shownText = find('.middle').textContent!;
  if (titles[0] !== 'Loss') {
    expect(shownText).not.toContain('hums three notes');
    expect(shownText).not.toContain('slept under the hill');
  }
});
