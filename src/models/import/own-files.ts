/** @file Names that the store of models has for files of its own, beside those of the model. */

/** What the model is. */
export const manifestFile = 'model.json';
/** What changes after the import: its name, its last use. */
export const stateFile = 'state.json';

/** Whether a file of a repository would take the place of one of these. */
export const isOwnFile = (path: string): boolean => path === manifestFile || path === stateFile;

export const withoutOwnFiles = <T>(files: ReadonlyMap<string, T>): ReadonlyMap<string, T> =>
  new Map([...files].filter(([path]) => !isOwnFile(path)));
