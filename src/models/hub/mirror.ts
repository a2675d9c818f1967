/** @file The address of a mirror that is asked in place of the Hugging Face Hub, with the same paths. */
import { LabError } from '../../core/errors.ts';
import { excerpt } from '../../core/excerpt.ts';

const longest = 200;
const isLocal = (hostname: string) => ['localhost', '127.0.0.1', '[::1]'].includes(hostname);

/**
 * Read an address as a user types it.
 * @returns without a slash at its end
 * @throws LabError 'bad-input' for one that is neither https nor on this computer, or that says more than a place
 */
export function readMirror(text: string): string {
  const problem = problemOf(text.trim());
  if (problem !== null)
    throw new LabError('bad-input', `"${excerpt(text.trim(), 100)}" cannot be a mirror: ${problem}.`, {
      advice: 'Give the address that stands in place of https://huggingface.co, such as https://hub.example.',
    });
  const { origin, pathname } = new URL(text.trim());
  return (origin + pathname).replace(/\/+$/, '');
}

function problemOf(text: string): string | null {
  if (!URL.canParse(text)) return 'it is no address';
  const { protocol, hostname, username, password, search, hash } = new URL(text);
  if (text.length > longest) return `it is longer than ${longest} characters`;
  if (protocol !== 'https:' && !(protocol === 'http:' && isLocal(hostname)))
    return 'it must begin with https://, or with http://localhost';
  if (username || password) return 'it must hold no name and no password';
  return search || hash ? 'it must end with its path' : null;
}
