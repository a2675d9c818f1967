/**
 * @file Checks the recorded tokens of a trial. They are nearly all of a record and are read by the million, so this is
 * written out: a schema takes five times as long.
 */
import { excerpt } from '../../core/excerpt.ts';
import { sizeProblem } from '../../core/nesting.ts';

/** Of a record, and of what a token holds. */
export const nestingLimits = { depth: 32, values: 10_000_000 } as const;

/** Why a list does not hold recorded tokens, with the field; `null` when it does. */
export function tokensProblem(tokens: readonly unknown[]): string | null {
  for (let i = 0; i < tokens.length; i++) {
    const problem = tokenProblem(tokens[i]);
    if (problem !== null) return `tokens.${i}${problem}`;
  }
  return null;
}

function tokenProblem(token: unknown): string | null {
  const own = optionProblem(token, 'top');
  if (own !== null) return own;
  const { top, entropy, policy } = token as Fields;
  return listProblem('.top', top) ?? natsProblem('.entropy', entropy) ?? policyProblem(policy);
}

/** A token by its id and text, with its log-prob. @param checked a field that is checked elsewhere */
function optionProblem(option: unknown, checked?: string): string | null {
  if (!isObject(option)) return ': Invalid input: expected object';
  const { id, text, logProb } = option;
  if (id !== null && (!Number.isInteger(id) || (id as number) < 0))
    return '.id: Invalid input: expected a token id';
  if (typeof text !== 'string') return '.text: Invalid input: expected string';
  if (!Number.isFinite(logProb)) return '.logProb: Invalid input: expected number';
  return nestingProblem(option, checked);
}

/** Whatever else an option holds, which no release may know, must not overflow the stack of what writes it. */
function nestingProblem(option: Fields, checked: string | undefined): string | null {
  for (const key in option) {
    const value = option[key];
    if (typeof value !== 'object' || value === null || key === checked) continue;
    const problem = sizeProblem(value, nestingLimits);
    if (problem !== null) return `.${excerpt(key)}.${problem}`;
  }
  return null;
}

function listProblem(path: string, options: unknown): string | null {
  if (!Array.isArray(options)) return `${path}: Invalid input: expected array`;
  for (let i = 0; i < options.length; i++) {
    const problem = optionProblem(options[i]);
    if (problem !== null) return `${path}.${i}${problem}`;
  }
  return null;
}

/** What was infinite, JSON holds as `null`. */
const natsProblem = (path: string, value: unknown): string | null =>
  value === undefined || value === null || Number.isFinite(value)
    ? null
    : `${path}: Invalid input: expected number`;

function policyProblem(policy: unknown): string | null {
  if (policy === undefined) return null;
  if (!isObject(policy)) return '.policy: Invalid input: expected object';
  const { id, divergence, base, companions } = policy;
  if (typeof id !== 'string') return '.policy.id: Invalid input: expected string';
  if (!Array.isArray(companions)) return '.policy.companions: Invalid input: expected array';
  const problem = natsProblem('.policy.divergence', divergence) ?? listProblem('.policy.base', base);
  if (problem !== null) return problem;
  for (let i = 0; i < companions.length; i++) {
    const inside = listProblem(`.policy.companions.${i}`, companions[i]);
    if (inside !== null) return inside;
  }
  return null;
}

type Fields = Readonly<Record<string, unknown>>;
const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
