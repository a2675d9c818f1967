/** @file Whether this build may talk to servers. Set when the app is built; scripts outside of the app are sealed. */

export interface BuildConnection {
  /** Origins named when the app was built. None: only what serves the app can reach a server. */
  readonly origins: readonly string[];
}

/** Node knows no such thing. */
const env = import.meta.env as ImportMetaEnv | undefined;

/** `null`: this build is sealed. */
export const connection: BuildConnection | null =
  env?.MODE === 'connected' ? { origins: (env['ENDPOINT_ORIGINS'] ?? []) as readonly string[] } : null;
