/** @file The date and the variables that chat templates read, as they are typed. */
import { readVariables, writeVariables } from '../../lab/plan/chat-template.ts';
import type { Plan } from '../../lab/plan/plan.ts';

export class TemplateDraft {
  /** What templates take for today; empty for the constant of the lab. */
  date = $state('');
  /** One assignment per line. */
  variables = $state('');
  /** What is wrong with the variables, in words, or `null`. */
  readonly problem = $derived.by((): string | null => {
    try {
      this.toSettings();
      return null;
    } catch (error) {
      return (error as Error).message;
    }
  });

  constructor({ date = '', variables = {} }: Partial<Plan['chatTemplate']> = {}) {
    this.date = date;
    this.variables = writeVariables(variables).join('\n');
  }

  /** @throws LabError 'bad-input' that names the line that is no assignment */
  toSettings() {
    const lines = this.variables.split('\n').filter((line) => line.trim() !== '');
    return { ...(this.date !== '' && { date: this.date }), variables: readVariables(lines) };
  }
}
