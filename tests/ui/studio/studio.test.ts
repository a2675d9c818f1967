import { describe, expect, test, vi } from 'vitest';
import type { Outcome } from '../../../src/core/errors.ts';
import type { AttackReply } from '../../../src/lab/records/reply.ts';
import type { LabClient } from '../../../src/lab/worker/lab-client.ts';
import { requestCommand } from '../../../src/ui/links/command.ts';
import { bestStep, StudioRun } from '../../../src/ui/studio/studio-run.svelte.ts';
import { StudioSetup } from '../../../src/ui/studio/studio-setup.svelte.ts';
import type { AttackStep } from '../../../src/ui/types.ts';
import { catalogue, createFakeLab } from '../fake-lab.ts';
import { plan } from '../plan.ts';
import { behaviors, newSetup } from './new-setup.ts';

function newRun(lab: Pick<LabClient, 'attack' | 'restore' | 'runId'> = createFakeLab()) {
  let clock = 0;
  const frames: (() => void)[] = [];
  const run = new StudioRun(lab, {
    load: async () => {},
    now: () => (clock += 10),
    onframe: (show) => void frames.push(show),
  });
  const frame = () => frames.splice(0).forEach((show) => show());
  return { run, frame, pass: (ms: number) => void (clock += ms) };
}

/** A lab whose one attack call is steered by the test. */
function steered() {
  let onStep: (step: AttackStep) => void = () => {};
  let end: (outcome: Outcome<AttackReply>) => void = () => {};
  let stand: (held: boolean) => void = () => {};
  let resumed = 0;
  const lab = {
    ...createFakeLab(),
    attack: ((_request, options = {}) => {
      onStep = (step) => options.onStep?.(step);
      options.onBegin?.({
        pause: () => new Promise((resolve) => (stand = resolve)),
        resume: () => void resumed++,
      });
      return new Promise((resolve) => (end = resolve));
    }) satisfies LabClient['attack'],
  };
  return {
    lab,
    say: (step: AttackStep) => onStep(step),
    end: (outcome: Outcome<AttackReply>) => end(outcome),
    stand: (held: boolean) => stand(held),
    resumed: () => resumed,
  };
}

test('a fresh set-up is ready to start', () => {
  const setup = newSetup();
  expect(setup.problem).toBeNull();
  expect(setup.toRequest()).toMatchObject({
    model: 'tinytown-chat',
    attack: { id: 'gcg' },
    defenses: [],
    seed: 0,
  });
});

test('the user’s own behavior needs a request, and carries its target', () => {
  const setup = newSetup();
  setup.isOwnRequest = true;
  expect([setup.problem, setup.toRequest()]).toEqual(['Write the request.', null]);
  [setup.request, setup.target] = ['  wake the stone giant ', 'Sure'];
  expect(setup.toRequest()?.behavior).toMatchObject({
    prompt: 'wake the stone giant',
    target: 'Sure',
    kind: 'harmful',
  });
});

test('an option out of range, or a model that shows too little, is a reason not to start', () => {
  const setup = newSetup();
  setup.options = { steps: 0 };
  expect(setup.problem).toMatch(/options/);
  setup.options = {};
  const closed = { ...catalogue.models[0]!, id: 'closed', access: 'black-box' as const };
  const other = new StudioSetup({
    catalogue,
    quickstart: plan,
    models: [closed],
    behaviors: { tinytown: behaviors },
  });
  other.settle();
  other.model = 'closed';
  expect(other.problem).toMatch(/gradients/);
});

test('a link carries the set-up to another visit', () => {
  const here = newSetup();
  here.pick('laa');
  here.options = { steps: 7, template: 'none' };
  [here.seed, here.maxNewTokens, here.temperature] = [5, 40, 0.5];
  here.behaviorId = here.choices[3]!.id;
  const there = newSetup();
  there.fromSetup(here.toSetup());
  expect(there.toRequest()).toEqual(here.toRequest());
  here.isOwnRequest = true;
  [here.request, here.target] = ['wake it', 'Sure'];
  there.fromSetup(here.toSetup());
  expect(there.toRequest()).toEqual(here.toRequest());
  // What was typed and picked there does not stay.
  here.isOwnRequest = false;
  here.texts = 'compact';
  there.pack = { version: 1, name: 'mine', templates: {} };
  there.fromSetup(here.toSetup());
  expect(there.toRequest()).toEqual(here.toRequest());
  here.texts = null;
  there.fromSetup(here.toSetup());
  expect(there.toRequest()).toEqual(here.toRequest());
});

test.each([
  '',
  '[]',
  '{"model":"evil","set":7,"behavior":{},"attack":[],"seed":-1,"temperature":9}',
  '{"attack":"gcg","options":{"steps":"many","evil":1},"players":{"judge":"nobody"}}',
  '{"attack":"gcg","options":{"success":"constructor","__proto__":{"steps":9},"toString":1},"texts":"none"}',
])('a broken link changes nothing: %s', (link) => {
  const setup = newSetup();
  const before = setup.toRequest();
  setup.fromSetup(link);
  setup.settle();
  expect(setup.toRequest()).toEqual(before);
});

test('steps that come within a frame are shown together', async () => {
  const { lab, say } = steered();
  const { run, frame } = newRun(lab);
  void run.start(newSetup().toRequest()!);
  say({ step: 0 });
  say({ step: 1 });
  expect(run.steps).toEqual([]);
  frame();
  expect(run.steps.map(({ step }) => step)).toEqual([0, 1]);
});

test('stopping takes effect at once, keeps the steps so far and ignores what comes after', async () => {
  const { lab, say, end } = steered();
  const { run, frame } = newRun(lab);
  void run.start(newSetup().toRequest()!);
  say({ step: 0, candidate: 'a', loss: 1 });
  say({ step: 1, candidate: 'b', loss: 2 });
  frame();
  run.stop();
  say({ step: 2, candidate: 'c', loss: 0 });
  frame();
  end({ status: 'cancelled' });
  await Promise.resolve();
  expect([run.status, run.steps.length, run.best?.candidate]).toEqual(['stopped', 2, 'a']);
});

describe('an attack that is paused', () => {
  const started = () => {
    const attack = steered();
    const parts = newRun(attack.lab);
    const running = parts.run.start(newSetup().toRequest()!);
    attack.say({ step: 0, candidate: 'a', loss: 1 });
    parts.frame();
    return { ...attack, ...parts, running };
  };

  test('finishes its step, stands still, and goes on when it is resumed', async () => {
    const { run, stand, resumed, say, frame } = started();
    const pausing = run.pause();
    expect(run.status).toBe('pausing');
    say({ step: 1 });
    frame();
    stand(true);
    await pausing;
    expect([run.status, run.underway, run.held]).toEqual(['paused', true, true]);
    run.resume();
    expect([run.status, resumed()]).toEqual(['running', 1]);
    say({ step: 2 });
    frame();
    expect(run.steps).toHaveLength(3);
  });

  test('does not count the time', async () => {
    const { run, stand, pass, say, frame, end, running } = started();
    const pausing = run.pause();
    stand(true);
    await pausing;
    const before = run.elapsedMs;
    pass(60_000);
    run.resume();
    say({ step: 1 });
    frame();
    end({ status: 'cancelled' });
    await running;
    expect(run.elapsedMs - before).toBeLessThan(1000);
  });

  test('goes on when it is resumed before it stands still', async () => {
    const { run, stand, resumed } = started();
    const pausing = run.pause();
    run.resume();
    stand(false);
    await pausing;
    expect([run.status, resumed()]).toEqual(['running', 1]);
  });

  test('is done when it ends before it stands still', async () => {
    const { run, stand, end, running } = started();
    const pausing = run.pause();
    end(await createFakeLab().attack(newSetup().toRequest()!));
    await running;
    stand(false);
    await pausing;
    expect(run.status).toBe('done');
  });

  test('is stopped like any other', async () => {
    const { run, stand } = started();
    const pausing = run.pause();
    stand(true);
    await pausing;
    run.stop();
    expect([run.status, run.best?.candidate, run.underway]).toEqual(['stopped', 'a', false]);
    run.resume();
    expect(run.status).toBe('stopped');
  });

  test('fails with the worker, keeps its steps and can be run again', async () => {
    const { run, stand, end, running } = started();
    const pausing = run.pause();
    stand(true);
    await pausing;
    end({ status: 'failed', code: 'worker-died', message: 'It ended.', advice: '' });
    await running;
    expect([run.status, run.failure?.code, run.steps.length]).toEqual(['failed', 'worker-died', 1]);
    void run.rerun();
    expect([run.status, run.steps.length]).toEqual(['running', 0]);
  });
});

test('the view follows the latest step until another is chosen', async () => {
  const { run, frame } = newRun();
  await run.start(newSetup().toRequest()!);
  frame();
  const last = run.steps.length - 1;
  expect(run.at).toBe(last);
  run.show(3);
  expect([run.at, run.past.length]).toEqual([3, 4]);
  run.show(last);
  expect(run.cursor).toBeNull();
});

test('running the same request again says whether the outcome is the same', async () => {
  const { run } = newRun();
  const request = newSetup().toRequest()!;
  await run.start(request);
  expect(run.repeated).toBeNull();
  await run.start(request);
  expect(run.repeated).toBe(true);
});

test('an attempt is saved once, as a run of one trial that has its record', async () => {
  const lab = createFakeLab();
  const restore = vi.fn(lab.restore);
  const { run } = newRun({ ...lab, restore });
  await run.start(newSetup().toRequest()!);
  await run.save('GCG on it');
  const [saved, records] = restore.mock.calls[0]!;
  expect(saved).toMatchObject({ name: 'Studio: GCG on it', concurrency: 1, attacks: [{ id: 'gcg' }] });
  expect(records).toEqual([run.reply!.record]);
  expect(run.saved).toMatchObject({ key: { attack: 'gcg', defense: 'none' } });
});

test('the best step is that of lowest loss, else of highest score, else the latest', () => {
  const steps = (...values: readonly Partial<AttackStep>[]): AttackStep[] =>
    values.map((value, step) => ({ step, candidate: `${step}`, ...value }));
  expect(bestStep(steps({ loss: 2 }, { loss: 1 }, { loss: 3 }))?.step).toBe(1);
  expect(bestStep(steps({ detail: { score: 2 } }, { detail: { score: 9 } }, {}))?.step).toBe(1);
  expect(bestStep(steps({}, {}))?.step).toBe(1);
  expect(bestStep([{ step: 0 }])).toBeNull();
});

test('the command line states what differs from its defaults, and quotes the user’s own request', () => {
  const setup = newSetup();
  setup.options = { steps: 5 };
  setup.seed = 3;
  expect(requestCommand(setup.toRequest()!)).toBe(
    `npm run lab -- attack gcg --model tinytown-chat --behavior ${setup.behaviorId} --option steps=5 --seed 3 --max-new-tokens 96 --json`,
  );
  setup.isOwnRequest = true;
  [setup.request, setup.target] = ["wake it, don't wait", 'Sure'];
  expect(requestCommand(setup.toRequest()!)).toContain(`--request 'wake it, don'\\''t wait' --target Sure`);
});
