/** @file The command line that repeats a trial. Pure. */
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
