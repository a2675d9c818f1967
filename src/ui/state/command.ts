/** @file The command line that repeats a trial. Pure. */
import type { AttackRequest } from '../../lab/api.ts';
import { undefended, type Plan } from '../../lab/plan.ts';
import type { TrialKey } from '../../lab/records.ts';

/** Quoted for a POSIX shell where it has to be. */
const quoted = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;

export function attackCommand(plan: Plan, key: TrialKey): string {
  const options = plan.attacks.find(({ id }) => id === key.attack)?.options ?? {};
  const stack =
    key.defense === undefended
      ? []
      : (plan.defenses.find(
          ({ name, stack: methods }) => (name ?? methods.map(({ id }) => id).join('+')) === key.defense,
        )?.stack ?? []);
  const words = [
    'attack',
    key.attack,
    '--model',
    key.model,
    '--behavior',
    key.behavior,
    ...stack.flatMap(({ id }) => ['--defense', id]),
    ...Object.entries(options).flatMap(([name, value]) => ['--option', `${name}=${String(value)}`]),
    '--json',
  ];
  return `npm run lab -- ${words.map(quoted).join(' ')}`;
}

/** Every option of the request that is not the command line's own default; a template pack by the name of its file. */
export function requestCommand({
  attack,
  model,
  behavior,
  roles,
  templates,
  sampling,
  seed,
}: Omit<AttackRequest, 'defenses' | 'evaluators' | 'topTokens'>): string {
  const own = behavior.set === 'own';
  const words = [
    'attack',
    attack.id,
    '--model',
    model,
    ...(own ? ['--request', behavior.prompt] : ['--behavior', behavior.id]),
    ...(own && behavior.target !== undefined ? ['--target', behavior.target] : []),
    ...Object.entries(roles).flatMap(([role, id]) => ['--role', `${role}=${id}`]),
    ...Object.entries(attack.options ?? {}).flatMap(([name, value]) => [
      '--option',
      `${name}=${String(value)}`,
    ]),
    ...(templates ? ['--templates', `${templates.name}.json`] : []),
    ...(seed === 0 ? [] : ['--seed', String(seed)]),
    ...(sampling.temperature === 0 ? [] : ['--temperature', String(sampling.temperature)]),
    ...['--max-new-tokens', String(sampling.maxNewTokens), '--json'],
  ];
  return `npm run lab -- ${words.map(quoted).join(' ')}`;
}
