/** @file Addresses on the Hugging Face Hub, encoded in one place; pages read them too, so this imports nothing. */

/** Page of a repository (`org/name`), without a slash at its end: the name that web-llm's list gives it. */
export const hubRepository = (repo: string): string => `https://huggingface.co/${repo}`;

/** Folder of a repository's files at a revision, with a slash at its end. A revision is one segment of the path. */
export const hubFolder = (source: { readonly repo: string; readonly revision: string }): string =>
  `${hubRepository(source.repo)}/resolve/${encodeURIComponent(source.revision)}/`;
