/**
 * @file Ids of imported models, on the page and on the command line alike: a name, and a hash that says which files are
 * meant. Plans and records carry them from one computer to another, so an id is understood where its model is not.
 */

/** Hexadecimal digits of the hash that an id shows. */
export const idDigits = 12;
const mostNameCharacters = 80;

/**
 * @param name of the file or folder
 * @param sha256 of the files that were imported, hexadecimal
 * @param dtype in which matrices are stored: in single precision it is another model, whose logits differ
 */
export function importedId(name: string, sha256: string, dtype: 'F16' | 'F32' = 'F16'): string {
  const plain = name
    .replaceAll(/[^\w.-]+/g, '-')
    .replaceAll(/^[.-]+|[.-]+$/g, '')
    .slice(0, mostNameCharacters);
  return `${plain || 'model'}${dtype === 'F16' ? '' : `-${dtype}`}@${sha256.slice(0, idDigits)}`;
}

export const isImportedId = (id: string): boolean => new RegExp(`^[\\w.-]+@[0-9a-f]{${idDigits}}$`).test(id);

/** Where the command line serves the files of a model that it imported, relative to the site. */
export const importedFolder = (id: string): string => `imported/${id}/`;

/** The id whose folder the path of an address is in; `null` for other addresses. */
export function importedIdIn(path: string): string | null {
  const [, id] = /\/imported\/([^/]+)\//.exec(path) ?? [];
  return id !== undefined && isImportedId(id) ? id : null;
}
