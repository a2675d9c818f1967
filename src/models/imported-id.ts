/**
 * @file Ids of the models that the command line imports: a name, and a hash that says which files are meant. Records
 * carry them from one computer to another, so an id is understood where its model is not.
 */

/** Hexadecimal digits of the hash that an id shows. */
export const idDigits = 12;
const mostNameCharacters = 80;

/** @param sha256 of the files that were imported, hexadecimal */
export function importedId(name: string, sha256: string): string {
  const plain = name
    .replaceAll(/[^\w.-]+/g, '-')
    .replaceAll(/^[.-]+|[.-]+$/g, '')
    .slice(0, mostNameCharacters);
  return `${plain || 'model'}@${sha256.slice(0, idDigits)}`;
}

export const isImportedId = (id: string): boolean => new RegExp(`^[\\w.-]+@[0-9a-f]{${idDigits}}$`).test(id);

/** Where the command line serves the files of a model that it imported, relative to the site. */
export const importedFolder = (id: string): string => `imported/${id}/`;
