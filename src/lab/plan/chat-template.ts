/** @file The date and the variables that chat templates read, as a plan, a request or a command line gives them. */
import { z } from 'zod';
import { LabError } from '../../core/errors.ts';
import { excerpt } from '../../core/excerpt.ts';
import { defaultDate, isDate, variableProblem, type TemplateValue } from '../../models/prompt-settings.ts';

const value = z.union([z.string().max(10_000), z.number(), z.boolean(), z.null()]);

/** Of all language models of a plan. */
export const chatTemplateSchema = z
  .strictObject({
    date: z
      .string()
      .refine(isDate, 'a date is written as 2024-07-26')
      .default(defaultDate)
      .describe('What a template takes for today, so that prompts do not change with the clock.'),
    variables: z
      .record(z.string(), value)
      .superRefine((variables, context) => {
        const names = Object.keys(variables);
        const problem =
          names.length > 100 ? 'there are more than 100' : names.map(variableProblem).find(Boolean);
        if (problem) context.addIssue(problem);
      })
      .default({})
      .describe('Such as `enable_thinking`, which some reasoning models read.'),
  })
  .prefault({});

/**
 * Variables as a person types them, `enable_thinking=false`. A value is read as JSON where it is a number, `true`, `false`,
 * `null` or a text in double quotes, else as the text that it is.
 * @throws LabError 'bad-input' that names the assignment
 */
export function readVariables(assignments: readonly string[]): Readonly<Record<string, TemplateValue>> {
  return Object.fromEntries(
    assignments.map((assignment) => {
      const at = assignment.indexOf('=');
      const name = assignment.slice(0, at).trim();
      const problem = at < 0 ? 'it has no "="' : variableProblem(name);
      if (problem)
        throw new LabError('bad-input', `"${excerpt(assignment)}" is no template variable: ${problem}.`, {
          advice: 'Write it as enable_thinking=false.',
        });
      return [name, readValue(assignment.slice(at + 1).trim())];
    }),
  );
}

/** The assignments that `readVariables` reads as these variables; none holds a line break. */
export const writeVariables = (variables: Readonly<Record<string, TemplateValue>>): readonly string[] =>
  Object.entries(variables).map(([name, given]) => {
    const isPlain = typeof given === 'string' && readValue(given.trim()) === given && !/[\r\n]/.test(given);
    return `${name}=${isPlain ? given : JSON.stringify(given)}`;
  });

function readValue(text: string): TemplateValue {
  try {
    return value.parse(JSON.parse(text));
  } catch {
    return text;
  }
}
