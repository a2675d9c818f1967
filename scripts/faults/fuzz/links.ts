/** @file Damaged addresses of pages and what they carry. */
import {
  readMicroscopeLink,
  readPlaygroundLink,
  readStudioLink,
  writeMicroscopeLink,
  writePlaygroundLink,
  writeStudioLink,
} from '../../../src/ui/links/setups.ts';
import { hrefOf, parseRoute } from '../../../src/ui/links/routes.ts';
import type { Target } from './fuzz.ts';
import { damagedJson } from './mutate.ts';

const options = { steps: 2, copies: [1, { a: 'b' }] };
const playground = {
  model: 'tinytown-chat',
  prompt: 'Wake it.',
  behavior: 'wake',
  attack: 'gcg',
  attackOptions: options,
  stack: [{ id: 'self-reminder', on: true, options }, null],
};
const studio = {
  ...{
    model: 'm',
    set: 'tinytown',
    behavior: 'wake',
    request: 'Wake it.',
    target: 'Sure',
    attack: 'gcg',
    options,
  },
  ...{ players: { judge: 'm' }, seed: 1, maxNewTokens: 9, temperature: 1 },
};
const microscope = {
  ...{
    model: 'm',
    prompt: 'Wake it.',
    system: 'Be kind.',
    compare: true,
    seed: 1,
    temperature: 0,
    maxNewTokens: 4,
  },
  lanes: [{ defense: 'self-reminder', options }, { defense: '' }],
};
const setups = [
  (setup: string) => {
    const link = readPlaygroundLink(setup);
    if (link) writePlaygroundLink(link);
  },
  (setup: string) => {
    const link = readStudioLink(setup);
    if (link) writeStudioLink(link);
  },
  (setup: string) => {
    const link = readMicroscopeLink(setup);
    if (link) writeMicroscopeLink(link);
  },
] as const;
const seeds = [playground, studio, microscope];

export const links = (): Target => ({
  feed(random) {
    const which = random.integer(seeds.length);
    const setup = damagedJson(seeds[which], random);
    setups[which]!(setup);
    const page = random.pick([
      'playground',
      'studio',
      'microscope',
      'matrix',
      'methods',
      'trial/a/b/c/d/e',
      'x',
    ]);
    const cut = setup.slice(0, random.integer(200));
    for (const hash of [
      `#/${page}?setup=${setup}`,
      `#/${page}?${cut}`,
      `#/${cut}`,
      `#/trial/${cut}/b/c/d/${cut}`,
    ])
      parseRoute(hrefOf(parseRoute(hash)));
    hrefOf({
      page: 'trial',
      run: cut,
      key: { model: cut, behavior: setup.slice(0, 999), attack: 'a', defense: cut },
    });
  },
});
