/** @file Links that show a level's set-up elsewhere in the lab, with the sampling of the Vault. Pure. */
import { requestOf, vaultSampling, type VaultLevel } from '../../lab/vault/level.ts';
import { hrefOf } from '../links/routes.ts';
import { writeMicroscopeLink, writePlaygroundLink } from '../links/setups.ts';
import type { AnyCard } from '../types.ts';

const { temperature, maxNewTokens } = vaultSampling;

export interface LookInside {
  readonly href: string;
  readonly where: 'microscope' | 'playground';
}

/**
 * The microscope for a level whose one defense moves the tokens of the answer, else the playground, with the answer behind
 * the defenses and without.
 */
export function lookInside(
  level: VaultLevel,
  prompt: string,
  cardOf: (defense: string) => Pick<AnyCard, 'stage' | 'access'> | null,
): LookInside {
  const { messages } = requestOf(level, prompt, {});
  const system = messages.find(({ role }) => role === 'system')?.content;
  const { model, defenses } = level;
  const [only, ...others] = defenses;
  const card = only && others.length === 0 ? cardOf(only.id) : null;
  if (card?.stage === 'decoding' && card.access !== 'black-box') {
    const setup = writeMicroscopeLink({
      ...{ model, prompt, temperature, maxNewTokens, seed: 0, compare: true },
      ...(system !== undefined && { system }),
      lanes: [{ defense: only!.id, options: only!.options }, { defense: '' }],
    });
    return { where: 'microscope', href: hrefOf({ page: 'microscope', setup }) };
  }
  const setup = writePlaygroundLink({
    ...{ model, prompt, temperature, maxNewTokens },
    stack: defenses.map(({ id, options }) => ({ id, on: true, options })),
  });
  return { where: 'playground', href: hrefOf({ page: 'playground', setup }) };
}
