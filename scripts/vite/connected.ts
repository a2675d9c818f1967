/** @file The build mode `connected`: the app may then ask OpenAI-compatible servers, and says so on every page. */
import type { Plugin } from 'vite';

/**
 * Origins of the servers that the pages of a build may ask, from GLOVEBOX_ENDPOINTS: addresses with commas or blanks
 * between them. None in any other mode.
 * @throws Error for an address that is none
 */
export function endpointOrigins(
  mode: string,
  text = process.env['GLOVEBOX_ENDPOINTS'] ?? '',
): readonly string[] {
  if (mode !== 'connected') return [];
  const origins = text
    .split(/[\s,]+/)
    .filter((address) => address !== '')
    .map((address) => {
      if (!/^https?:\/\//.test(address) || !URL.canParse(address))
        throw new Error(`GLOVEBOX_ENDPOINTS: "${address}" is not an address that begins with http or https.`);
      return new URL(address).origin;
    });
  return [...new Set(origins)].toSorted();
}

export const connected = (): Plugin => ({
  name: 'glovebox:connected',
  config: (_config, { mode }) =>
    mode === 'connected'
      ? { define: { 'import.meta.env.ENDPOINT_ORIGINS': JSON.stringify(endpointOrigins(mode)) } }
      : {},
});
