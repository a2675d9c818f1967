/** @file What a server's refusals mean, as failures that a user can act on. */
import { LabError } from '../../../core/errors.ts';
import { excerpt } from '../../../core/excerpt.ts';

const resume = 'Finished trials are safe; run the plan again to go on after them.';

/** `{"error": {"message": …}}`, `{"error": …}`, `{"detail": …}` or `{"message": …}`; else the text itself. */
export function messageIn(body: string): string {
  try {
    const { error, detail, message } = JSON.parse(body) as Record<string, unknown>;
    const told = (error as { readonly message?: unknown } | null)?.message ?? error ?? detail ?? message;
    if (told !== undefined) return excerpt(typeof told === 'string' ? told : JSON.stringify(told), 300);
  } catch {
    // Not JSON; many proxies answer in HTML.
  }
  return excerpt(
    body
      .replaceAll(/<[^>]*>/g, ' ')
      .replaceAll(/\s+/g, ' ')
      .trim(),
    300,
  );
}

const tooLong = /context.{0,20}(length|size|window)|maximum.{0,20}(length|tokens)|too long|exceed_context/i;

/** The failure that an answer of this status means; another try would not change it. */
export function refusal(host: string, status: number, body: string): LabError {
  const said = messageIn(body);
  const answer = `${host} answered ${status}${said === '' ? '' : `: ${said}`}`;
  switch (status) {
    case 400:
    case 413:
    case 422:
      return tooLong.test(body)
        ? new LabError('context-overflow', answer, {
            advice: 'Shorten the prompt, or serve the model with a longer context.',
          })
        : new LabError('bad-input', answer, {
            advice: 'The server does not take this request; its message says why.',
          });
    case 401:
    case 403:
      return new LabError('unreachable', answer, {
        advice: `Give the key that this server asks for. ${resume}`,
      });
    case 404:
      return new LabError('unknown-model', answer, {
        advice: 'Check the address, which mostly ends in /v1, and the name of the model.',
      });
    default:
      return new LabError('unreachable', answer, {
        advice: `Check that the address is that of an OpenAI-compatible server. ${resume}`,
      });
  }
}

export const gaveUp = (host: string, tries: number, last: string): LabError =>
  new LabError('unreachable', `${host} gave no usable answer in ${tries} tries. The last one: ${last}.`, {
    advice: `Start the server again, or look into its log. ${resume}`,
  });

export const budgetSpent = (host: string, what: 'requests' | 'tokens', limit: number): LabError =>
  new LabError('budget-spent', `The budget of ${limit.toLocaleString('en')} ${what} to ${host} is spent.`, {
    advice: `${resume} A new session begins with a full budget.`,
  });

export const uncounted = (host: string): LabError =>
  new LabError(
    'not-supported',
    `${host} does not say how many tokens it used, so no budget of tokens holds.`,
    {
      advice: 'Limit the number of requests instead.',
    },
  );
