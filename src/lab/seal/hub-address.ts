/**
 * @file Reads addresses below `hub/`, strictly: what is not plainly the address of a hub's file is none. Nothing of an
 * address that a script chose goes out; the service worker writes the outside address from the parts read here.
 */
import { hubFolder, hubRoot, type HubHost, type HubRepository } from '../../models/hub/addresses.ts';

const hosts: readonly HubHost[] = ['huggingface.co', 'raw.githubusercontent.com'];

/** One segment of a path: no percent sign, and nothing that means another folder. */
const segment = /^(?!\.{1,2}$)[\w.@+=()!,~-]{1,128}$/;
const longest = { address: 1000, path: 600 } as const;

/** True for the path of a file that can be asked for. */
export const isPlainPath = (path: string): boolean =>
  path.length <= longest.path && path.split('/').every((part) => segment.test(part));

/** True if `repository` can be the name of one: anything else is refused before a request is made. */
export function isRepository({ host, repo, revision, file }: HubRepository): boolean {
  const names = repo.split('/');
  return (
    hosts.includes(host) &&
    names.length === 2 &&
    [...names, revision].every((name) => /^(?!\.)[\w.-]{1,96}$/.test(name)) &&
    (file === undefined || isPlainPath(file))
  );
}

export interface HubAddress {
  readonly repository: HubRepository;
  /** Relative to the site's root: the name of the repository at its revision. */
  readonly folder: string;
  /** Empty for the folder itself. */
  readonly path: string;
}

/** @param scope absolute URL of the app's folder */
export const isBelowHub = (url: string, scope: string): boolean => url.startsWith(scope + hubRoot);

/** @returns `null` for what is not plainly the address of a hub's file, or of a repository */
export function readHubAddress(url: string, scope: string): HubAddress | null {
  if (!isBelowHub(url, scope) || url.length > scope.length + longest.address) return null;
  const [host = '', org = '', name = '', revision = '', ...rest] = url
    .slice(scope.length + hubRoot.length)
    .split('/');
  const repository = { host: host as HubHost, repo: `${org}/${name}`, revision };
  const path = rest.join('/');
  if (!isRepository(repository) || rest.length === 0 || (path !== '' && !isPlainPath(path))) return null;
  return { repository, folder: hubFolder(repository), path };
}

/** Where the Hugging Face Hub is asked. @param mirror in place of it; `null`: itself */
export const hubOrigin = (mirror: string | null): string => mirror ?? 'https://huggingface.co';

/**
 * The outside address of a file.
 * @param commit what the revision stands for; the revision itself where none is known
 * @param mirror in place of the Hugging Face Hub, if any
 */
export const outsideAddress = (
  { host, repo }: HubRepository,
  commit: string,
  path: string,
  mirror: string | null,
): string =>
  host === 'huggingface.co'
    ? `${hubOrigin(mirror)}/${repo}/resolve/${commit}/${path}`
    : `https://${host}/${repo}/${commit}/${path}`;
