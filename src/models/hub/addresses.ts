/**
 * @file Files of model hubs as the app names them: at addresses of this site, below `hub/`, which only the service
 * worker resolves. Pages, workers and the service worker read it, so it imports the catalogue's types only.
 */
import type { ModelSource } from '../catalog.ts';

export type HubHost = 'huggingface.co' | 'raw.githubusercontent.com';

/** A repository at a revision, which may be a branch. */
export interface HubRepository {
  readonly host: HubHost;
  /** `org/name` */
  readonly repo: string;
  readonly revision: string;
  /** The one file that is meant, where the host lists files one by one. */
  readonly file?: string;
}

/** A file as the repository's own list describes it. */
export interface HubFile {
  readonly path: string;
  readonly bytes: number;
  /** Hexadecimal. `git-blob` is the SHA-1 of git's object: a header with the size, then the file. */
  readonly hash: { readonly algorithm: 'sha-256' | 'git-blob'; readonly hex: string };
}

/** Files are fetched in parts of this size, so that a download that is cut goes on where it was. */
export const partBytes = 4 * 2 ** 20;

/** Below the root of the site. */
export const hubRoot = 'hub/';

/** Folder of a repository's files, relative to the site's root, with a slash at its end. */
export const hubFolder = ({ host, repo, revision }: HubRepository): string =>
  `${hubRoot}${host}/${repo}/${encodeURIComponent(revision)}/`;

/** Folder and path of the absolute address of a hub's file on a site; `null` for any other address. */
export function splitHubUrl(url: string): { readonly folder: string; readonly path: string } | null {
  const [folder] = /^[^?#]*?\/hub\/[\w.]+\/[^/]+\/[^/]+\/[^/]+\//.exec(url) ?? [];
  return folder === undefined ? null : { folder, path: url.slice(folder.length) };
}

/** Where web-llm's compiled libraries are. */
const libraries = {
  host: 'raw.githubusercontent.com',
  repo: 'mlc-ai/binary-mlc-llm-libs',
  revision: 'main',
} as const;
const libraryFolder = `https://${libraries.host}/${libraries.repo}/${libraries.revision}/`;

/** The library that a record of web-llm names by its full address, as a path in their repository; else `null`. */
export const libraryPath = (address: string): string | null =>
  address.startsWith(libraryFolder) ? address.slice(libraryFolder.length) : null;

/** Address of a library of web-llm, relative to the site's root. */
export const libraryAddress = (path: string): string => hubFolder(libraries) + path;

/** What loading a model asks a hub for; empty for models of a site. */
export function repositoriesOf(source: ModelSource): readonly HubRepository[] {
  switch (source.kind) {
    case 'hub':
      return [{ host: 'huggingface.co', repo: source.repo, revision: source.revision }];
    case 'webllm':
      return [
        { host: 'huggingface.co', repo: `mlc-ai/${source.modelId}`, revision: 'main' },
        { ...libraries, file: source.library },
      ];
    case 'bundled':
    case 'url':
    case 'endpoint':
    case 'stored':
      return [];
    default:
      return source satisfies never;
  }
}
