/** @file Fetches a JSON file that ships with the app. */
import { LabError } from '../core/errors.ts';

/**
 * @param parse checks what the file holds; what it throws is thrown
 * @throws LabError 'unreachable' when the file cannot be had, 'bad-input' when it is not JSON
 */
export async function fetchShipped<T>(path: string, parse: (input: unknown) => T): Promise<T> {
  const advice = 'Reload the page. If the site is gone, open the installed app.';
  const response = await fetch(new URL(path, document.baseURI)).catch((cause: unknown) => {
    throw new LabError('unreachable', `${path} could not be fetched.`, { advice, cause });
  });
  if (!response.ok) throw new LabError('unreachable', `${path} answered ${response.status}.`, { advice });
  const input: unknown = await response.json().catch((cause: unknown) => {
    throw new LabError('bad-input', `${path} is not JSON.`, { advice, cause });
  });
  return parse(input);
}
