/** @file The command line that repeats a trial. Pure. */
import { isAdaptive } from '../../lab/plan/attack-mode.ts';
import type { AttackRequest } from '../../lab/plan/request.ts';
import type { PlanOutline } from '../../lab/plan/outline.ts';
import { defaultSampling, type MethodChoice } from '../../lab/plan/plan.ts';
import type { TrialKey, TrialRecord } from '../../lab/records/trial.ts';
import { stackOf } from './trial-links.ts';

/** Quoted for a POSIX shell where it has to be. */
const quoted = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;

const optionTexts = (options: Readonly<Record<string, unknown>>): readonly string[] =>
  Object.entries(options).map(([name, value]) => `${name}=${String(value)}`);

/** In quotes where the command line would take a part of it for something else. */
const valueWord = (value: unknown): string =>
  /^[^"'\\,+]*$/.test(String(value)) ? String(value) : `"${String(value).replaceAll(/["\\]/g, '\\$&')}"`;

/** A defense as the command line reads it: `id` or `id:key=value,key=value`. */
const defenseWord = ({ id, options = {} }: MethodChoice): string => {
  const texts = Object.entries(options).map(([name, value]) => `${name}=${valueWord(value)}`);
  return texts.length === 0 ? id : `${id}:${texts.join(',')}`;
};

/** Those of attacks in a row are each named with their attack. */
const attackOptions = (choice: PlanOutline['attacks'][number] | undefined): readonly string[] => {
  if (choice === undefined) return [];
  if (!('attack' in choice)) return optionTexts(choice.options);
  return choice.attack.flatMap(({ id, options }) => optionTexts(options).map((text) => `${id}.${text}`));
};

/** The command line that makes a trial of `plan` again; roles are named where a model was used in one. */
export function attackCommand(
  plan: PlanOutline,
  key: TrialKey & Partial<Pick<TrialRecord, 'usage'>>,
): string {
  const attack = plan.attacks.find(({ id }) => id === key.attack);
  const { temperature, maxNewTokens } = plan.sampling;
  const rolesUsed = Object.entries(plan.models.roles).filter(([role]) => key.usage && role in key.usage);
  const words = [
    'attack',
    key.attack,
    '--model',
    key.model,
    '--behavior',
    key.behavior,
    ...stackOf(plan, key).flatMap((defense) => ['--defense', defenseWord(defense)]),
    ...rolesUsed.flatMap(([role, id]) => ['--role', `${role}=${id}`]),
    ...attackOptions(attack).flatMap((option) => ['--option', option]),
    ...(isAdaptive(key) ? ['--adaptive'] : []),
    ...(plan.texts ? ['--texts', plan.texts] : []),
    ...(plan.templates ? ['--templates', `${plan.templates.name}.json`] : []),
    ...(plan.seed === 0 ? [] : ['--seed', String(plan.seed)]),
    ...(temperature === defaultSampling.temperature ? [] : ['--temperature', String(temperature)]),
    ...(maxNewTokens === defaultSampling.maxNewTokens ? [] : ['--max-new-tokens', String(maxNewTokens)]),
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
  texts,
  templates,
  sampling,
  seed,
}: Omit<AttackRequest, 'defenses' | 'evaluators' | 'topTokens'>): string {
  const isOwnRequest = behavior.set === 'own';
  const words = [
    'attack',
    attack.id,
    '--model',
    model,
    ...(isOwnRequest ? ['--request', behavior.prompt] : ['--behavior', behavior.id]),
    ...(isOwnRequest && behavior.target !== undefined ? ['--target', behavior.target] : []),
    ...Object.entries(roles).flatMap(([role, id]) => ['--role', `${role}=${id}`]),
    ...optionTexts(attack.options ?? {}).flatMap((option) => ['--option', option]),
    ...(texts ? ['--texts', texts] : []),
    ...(templates ? ['--templates', `${templates.name}.json`] : []),
    ...(seed === 0 ? [] : ['--seed', String(seed)]),
    ...(sampling.temperature === defaultSampling.temperature
      ? []
      : ['--temperature', String(sampling.temperature)]),
    ...['--max-new-tokens', String(sampling.maxNewTokens), '--json'],
  ];
  return `npm run lab -- ${words.map(quoted).join(' ')}`;
}
