/** @file Where the links of the docs lead: on GitHub from file to file, in the app from page to page. Pure. */
import { posix } from 'node:path';

/** Path of the app's page for a file of the docs; the contents have the empty path. `null`: it is no page. */
export function pageOf(file: string): string | null {
  if (file === 'CONTRIBUTING.md' || file === 'CHANGELOG.md') return file.replace(/\.md$/, '').toLowerCase();
  if (file === 'docs' || file === 'docs/README.md') return '';
  return /^docs\/.*\.(md|sh|yaml)$/.test(file) ? file.slice('docs/'.length).replace(/\.md$/, '') : null;
}

/** Address of a page in the app, or of a heading on it. */
export const pageAddress = (page: string, heading: string | null): string =>
  `#/docs${page === '' ? '' : `/${page}`}${heading === null ? '' : `?at=${heading}`}`;

/** The file of the repository that a link in another one names, with the part behind `#`. */
export function targetOf(href: string, from: string): { file: string; heading: string | null } {
  const [path = '', heading = null] = href.split('#', 2);
  return { file: path === '' ? from : posix.normalize(posix.join(posix.dirname(from), path)), heading };
}

/**
 * Address in the app of a link in the docs.
 * @param from path of the file with the link, from the root of the repository
 * @returns `null` for a file that does not ship with the app
 */
export function addressInApp(href: string, from: string): string | null {
  if (/^https?:/.test(href)) return href;
  const { file, heading } = targetOf(href, from);
  const page = pageOf(file);
  if (page !== null) return pageAddress(page, heading);
  return file.startsWith('public/') ? file.slice('public/'.length) : null;
}
