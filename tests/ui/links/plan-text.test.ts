import { expect, test } from 'vitest';
import { toBase64Url } from '../../../src/core/base64url.ts';
import { outlineOf } from '../../../src/lab/plan/outline.ts';
import { parsePlan, type Plan } from '../../../src/lab/plan/plan.ts';
import { runIdOf } from '../../../src/lab/records/run-id.ts';
import { LinkedPlan } from '../../../src/ui/links/linked-plan.svelte.ts';
import { planText, readPlanText } from '../../../src/ui/links/plan-text.ts';
import quickstart from '../../../public/plans/quickstart.json' with { type: 'json' };
import { plan } from '../plan.ts';

const textOf = (of: Plan) => planText(outlineOf(of), async () => of);
const bringing = (count: number): Plan =>
  parsePlan({
    ...plan,
    behaviors: [
      {
        behaviors: Array.from({ length: count }, (_, i) => ({
          ...{
            id: `b${i}`,
            prompt: `Deed ${i} of ${Math.sin(i)}`,
            category: 'own',
            set: 'own',
            kind: 'harmful',
          },
        })),
      },
    ],
  });

test('a plan comes back from its link whole, as the same run', async () => {
  const whole = parsePlan(quickstart);
  const text = (await textOf(whole))!;
  expect(text).toMatch(/^[\w-]+$/);
  expect(text.length).toBeLessThan(1500);
  const back = await readPlanText(text);
  expect(await runIdOf(back, 'wasm')).toBe(await runIdOf(whole, 'wasm'));
});

test('a plan that brings behaviors carries them, unless there are too many for a link', async () => {
  const few = bringing(12);
  expect(await readPlanText((await textOf(few))!)).toEqual(few);
  let read = false;
  const many = bringing(400);
  const text = await planText(outlineOf(many), async () => {
    read = true;
    return many;
  });
  expect([text, read]).toEqual([null, false]);
});

test.each([
  ['cut off', async () => (await textOf(plan))!.slice(0, -9)],
  ['no Base64', async () => 'not a plan %%%'],
  ['too long', async () => 'a'.repeat(20_000)],
  ['a packed bomb', () => packed('"' + ' '.repeat(5_000_000) + '"')],
])('a link that is %s is refused with what to do', async (_, make) => {
  await expect(readPlanText(await make())).rejects.toMatchObject({
    code: 'bad-plan',
    advice: /copy the link again/,
  });
});

test('a plan with a wrong field is refused by its name', async () => {
  await expect(readPlanText(await packed(JSON.stringify({ ...plan, seed: 'x' })))).rejects.toMatchObject({
    message: /seed/,
  });
});

test('a page follows the link that it was opened with last', async () => {
  const linked = new LinkedPlan({ runId: (of) => runIdOf(of, 'wasm') });
  const [first, second] = [await textOf(plan), await textOf({ ...plan, seed: 9 })];
  await Promise.all([linked.read(first!), linked.read(second!)]);
  expect(linked.plan?.seed).toBe(9);
  await linked.read('broken');
  expect(linked.plan).toBeNull();
  expect(linked.failure?.message).toContain('cannot be read');
  await linked.read(undefined);
  expect(linked.failure).toBeNull();
});

async function packed(text: string): Promise<string> {
  const stream = new Blob([text]).stream().pipeThrough(new CompressionStream('deflate-raw'));
  return toBase64Url(new Uint8Array(await new Response(stream).arrayBuffer()));
}
