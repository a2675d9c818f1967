/** @file Links that show a level's set-up elsewhere in the lab, with the sampling of the Vault. Pure. */
import type { Stage } from '../../core/method.ts';
import { requestOf, vaultSampling, type VaultLevel } from '../../lab/vault/level.ts';
import { hrefOf } from '../links/routes.ts';
import { writeMicroscopeLink, writePlaygroundLink } from '../links/setups.ts';

const { temperature, maxNewTokens } = vaultSampling;

export interface LookInside {
  readonly href: string;
  readonly where: 'microscope' | 'playground';
}

/** The microscope for a level that steers decoding, else the playground, with the answer behind the defenses and without. */
export function lookInside(
  level: VaultLevel,
  prompt: string,
  stageOf: (defense: string) => Stage | undefined,
): LookInside {
  const decoding = level.defenses.find(({ id }) => stageOf(id) === 'decoding');
  const { messages } = requestOf(level, prompt, {});
  const system = messages.find(({ role }) => role === 'system')?.content;
  const { model, defenses } = level;
  if (decoding && defenses.length === 1) {
    const setup = writeMicroscopeLink({
      ...{ model, prompt, temperature, maxNewTokens, seed: 0, compare: true },
      ...(system !== undefined && { system }),
      lanes: [{ defense: decoding.id, options: decoding.options }, { defense: '' }],
    });
    return { where: 'microscope', href: hrefOf({ page: 'microscope', setup }) };
  }
  const setup = writePlaygroundLink({
    ...{ model, prompt, temperature, maxNewTokens },
    stack: defenses.map(({ id, options }) => ({ id, on: true, options })),
  });
  return { where: 'playground', href: hrefOf({ page: 'playground', setup }) };
}
