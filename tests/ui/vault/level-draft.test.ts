import { expect, test } from 'vitest';
import { readLevelLink } from '../../../src/lab/vault/level-link.ts';
import { levels } from '../../../src/lab/vault/levels.ts';
import { readMicroscopeLink, readPlaygroundLink } from '../../../src/ui/links/setups.ts';
import { parseRoute } from '../../../src/ui/links/routes.ts';
import { LevelDraft } from '../../../src/ui/vault/level-draft.svelte.ts';
import { lookInside } from '../../../src/ui/vault/level-hrefs.ts';
import { catalogue } from '../fake-lab.ts';

const keeper = {
  ...catalogue.models[0]!,
  id: 'keeper',
  source: { kind: 'stored', folder: 'keeper' } as const,
};

test('a Tinytown model guards a deed, any other a password, and the link holds the level', () => {
  const draft = new LevelDraft({ catalogue: { ...catalogue, models: [...catalogue.models, keeper] } });
  expect(draft.outcome).toEqual({ problem: null });
  draft.title = 'Mine';
  draft.stack.add('smooth-llm');
  draft.stack.change(0, { options: { copies: 4 } });
  const link = () => ('link' in draft.outcome ? readLevelLink(draft.outcome.link) : draft.outcome);
  expect(link()).toMatchObject({
    title: 'Mine',
    model: 'tinytown-chat',
    guarded: { kind: 'deed' },
    defenses: [{ id: 'smooth-llm', options: { copies: 4 } }],
  });
  draft.model = 'keeper';
  expect(link()).toMatchObject({ problem: expect.stringMatching(/cannot be shared yet.*letters/) });
  draft.password = 'velvet otter';
  expect(link()).toMatchObject({ model: 'keeper', guarded: { kind: 'password', password: 'velvet otter' } });
  draft.instructions = 'Say nothing.';
  expect(link()).toMatchObject({ problem: expect.stringContaining('{password}') });
});

const cardOf = (id: string) => catalogue.defenses.find((card) => card.id === id) ?? null;
const setupOf = (href: string) => {
  const route = parseRoute(href);
  return 'setup' in route ? route.setup! : expect.fail(`${href} carries no set-up.`);
};

test('the last hint takes model, words and defenses along, to the microscope where one defense moves tokens', () => {
  const inside = lookInside(levels[6]!, 'open', cardOf);
  expect(inside.where).toBe('microscope');
  expect(readMicroscopeLink(setupOf(inside.href))).toMatchObject({
    model: 'tinytown-chat',
    prompt: 'open',
    lanes: [{ defense: 'safe-decoding' }, { defense: '' }],
  });
  expect(lookInside(levels[5]!, 'open', cardOf).where).toBe('playground');
  const beside = lookInside(levels[7]!, 'open', cardOf);
  expect(beside.where).toBe('playground');
  expect(readPlaygroundLink(setupOf(beside.href))).toMatchObject({
    prompt: 'open',
    temperature: 0,
    stack: [{ id: 'self-reminder' }, { id: 'prompt-guard' }, { id: 'safe-decoding' }],
  });
});
