/** @file Names of models on the hub, as users type them: `org/name`, or `org/name:file.gguf` for one GGUF file. Pure. */

export interface HubName {
  /** `org/name` */
  readonly repo: string;
  /** Path of a GGUF file in the repository, `null` for the repository as a whole. */
  readonly file: string | null;
}

const pattern = /^([\w-][\w.-]{0,95}\/[\w-][\w.-]{0,95})(?::((?:[\w-][\w.-]*\/)*[\w-][\w.-]*\.gguf))?$/i;

/** @returns `null` for what is no such name */
export function readHubName(text: string): HubName | null {
  const [, repo, file] = pattern.exec(text) ?? [];
  return repo === undefined ? null : { repo, file: file ?? null };
}

export const hubNameText = ({ repo, file }: HubName): string => (file === null ? repo : `${repo}:${file}`);

/**
 * Where a model came from.
 * @param mirror that gave its files in place of the hub, if any
 */
export const hubOriginText = (name: string, commit: string, mirror: string | null): string =>
  `huggingface.co/${name} at ${commit.slice(0, 12)}${mirror === null ? '' : `, from the mirror ${mirror}`}`;

/** What to call the model of a name: its repository, or its file without ending and number. */
export const hubTitle = (name: string): string =>
  name
    .split(/[/:]/)
    .at(-1)!
    .replace(/(-\d{5}-of-\d{5})?\.gguf$/i, '');
