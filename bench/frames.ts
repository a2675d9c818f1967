/** @file Frame times of the microscope while it steps through a long synthetic answer, one token per frame. */
import { flushSync, mount } from 'svelte';
import App from '../src/ui/App.svelte';
import '../src/ui/base.css';
import { createApp } from '../src/ui/app.ts';
import '../src/ui/theme.css';
import { createFakeLab } from '../tests/ui/fake-lab.ts';
import { longChat } from '../tests/ui/long-answer.ts';
import { plan } from '../tests/ui/plan.ts';
import { median } from './median.ts';

declare global {
  var stepThrough: ((tokens: number) => Promise<FrameTimes>) | undefined;
}

export interface FrameTimes {
  readonly tokens: number;
  /** Script, style and layout of one step. The 10th percentile is its cost when nothing else runs. */
  readonly p10StepMs: number;
  readonly medianStepMs: number;
  readonly p95StepMs: number;
  /** From one frame to the next, including all other work of the machine. */
  readonly medianFrameMs: number;
  readonly p95FrameMs: number;
  readonly elements: number;
}

const frame = () => new Promise<number>((resolve) => requestAnimationFrame(resolve));
const quantile = (values: readonly number[], share: number) =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length * share)]!;

globalThis.stepThrough = async (tokens) => {
  location.hash = '#/microscope';
  const app = createApp({
    lab: { ...createFakeLab(), chat: longChat(tokens) },
    window,
    readLedger: async () => null,
    repairFiles: async () => ({ replaced: [], added: [], failed: [] }),
    quickstart: async () => plan,
  });
  mount(App, { target: document.getElementById('app')!, props: { app } });
  const { microscope } = app;
  while (microscope.model === '') await frame();
  microscope.prompt = 'How do I wake the stone giant?';
  await microscope.start();
  app.covers.lift();
  flushSync();
  const strip = document.querySelector<HTMLElement>('[role="listbox"]')!;
  strip.focus();
  const [steps, gaps]: [number[], number[]] = [[], []];
  let last = await frame();
  for (let index = 1; index < tokens; index++) {
    const startedAt = performance.now();
    strip.dispatchEvent(new KeyboardEvent('keydown', { key: 'ArrowRight', bubbles: true }));
    flushSync();
    document.body.getBoundingClientRect();
    steps.push(performance.now() - startedAt);
    const now = await frame();
    gaps.push(now - last);
    last = now;
  }
  return {
    tokens,
    p10StepMs: quantile(steps, 0.1),
    medianStepMs: median(steps),
    p95StepMs: quantile(steps, 0.95),
    medianFrameMs: median(gaps),
    p95FrameMs: quantile(gaps, 0.95),
    elements: document.querySelectorAll('main *').length,
  };
};
