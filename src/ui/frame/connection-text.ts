import type { BuildConnection } from '../../core/connection.ts';

/** What the pages of a connected build say of it wherever a sealed one says that it is sealed. */
export const connectionText = ({ origins }: BuildConnection): string =>
  origins.length === 0
    ? 'Not sealed: this build sends prompts to the servers that it is started with.'
    : `Not sealed: this build sends prompts to ${origins.join(', ')}.`;
