/** @file What a chat template may read beside the conversation, so that a prompt is a function of plan and seed. */
import { LabError } from '../core/errors.ts';

/** A value that a plan can hold. */
export type TemplateValue = string | number | boolean | null;

export interface PromptSettings {
  /** What a template takes for today, as `2024-07-26`. Default: `defaultDate`. */
  readonly date?: string | undefined;
  /** Variables of the template, such as `enable_thinking`. Default: none. */
  readonly variables?: Readonly<Record<string, TemplateValue>> | undefined;
}

/** A constant, so that prompts do not change from day to day. Llama 3.2's template falls back to it. */
export const defaultDate = '2024-07-26';

export const isDate = (text: string): boolean =>
  /^\d{4}-\d{2}-\d{2}$/.test(text) && new Date(`${text}T00:00:00Z`).toJSON()?.slice(0, 10) === text;

/** Names that the lab sets itself. */
const reserved = new Set(['messages', 'add_generation_prompt', 'strftime_now', 'raise_exception', 'range']);

/** What is wrong with the name of a template variable; `null` if nothing is. */
export const variableProblem = (name: string): string | null =>
  !/^[A-Za-z_]\w{0,99}$/.test(name)
    ? `"${name.slice(0, 100)}" cannot be the name of a template variable`
    : reserved.has(name)
      ? `"${name}" is set by the lab`
      : null;

/** True if the settings change nothing. */
export const isDefault = ({ date = defaultDate, variables = {} }: PromptSettings): boolean =>
  date === defaultDate && Object.keys(variables).length === 0;

/** One text for settings that are the same. */
export const settingsKey = ({ date = defaultDate, variables = {} }: PromptSettings): string =>
  JSON.stringify([date, Object.entries(variables).sort(([a], [b]) => (a < b ? -1 : 1))]);

/** @throws LabError 'bad-input' */
export function checkSettings({ date = defaultDate, variables = {} }: PromptSettings): void {
  const problem = isDate(date)
    ? Object.keys(variables)
        .map(variableProblem)
        .find((found) => found !== null)
    : `"${date.slice(0, 40)}" is no date`;
  if (problem)
    throw new LabError('bad-input', `${problem}.`, {
      advice: 'Write a date as 2024-07-26, a variable as enable_thinking.',
    });
}
