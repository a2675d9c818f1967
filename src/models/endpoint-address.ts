/** @file Checks the address of an OpenAI-compatible server. */
import { LabError } from '../core/errors.ts';
import { excerpt } from '../core/excerpt.ts';

const refused = (text: string, reason: string) =>
  new LabError('bad-input', `"${excerpt(text)}" is not the address of an endpoint: ${reason}.`, {
    advice: 'Give the base address of an OpenAI-compatible server, for example http://localhost:8000/v1.',
  });

/**
 * The base address without a slash at its end; an address without a path gets `/v1`.
 * @throws LabError 'bad-input', without what the address says of a user or a password
 */
export function readAddress(text: string): string {
  if (!URL.canParse(text)) throw refused(text, 'it cannot be read');
  const url = new URL(text);
  const { protocol, origin, username, password, search, hash } = url;
  if (username !== '' || password !== '')
    throw refused(`${protocol}//…@${url.host}`, 'it holds a user or a password; give a key apart from it');
  if (protocol !== 'http:' && protocol !== 'https:') throw refused(text, 'it must begin with http or https');
  if (search !== '' || hash !== '') throw refused(`${origin}${url.pathname}`, 'nothing may follow its path');
  const path = url.pathname.replace(/\/+$/, '');
  return `${origin}${path === '' ? '/v1' : path}`;
}
