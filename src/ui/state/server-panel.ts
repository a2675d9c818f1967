/** @file The form for servers, which only a connected build holds. */
import { createContext, type Component } from 'svelte';
import type { Servers } from '../servers/servers.svelte.ts';

export interface ServerPanel {
  readonly Panel: Component<{ servers: Servers }>;
  readonly servers: Servers;
}

/** `null` in the sealed build. */
export const [getServerPanel, setServerPanel] = createContext<ServerPanel | null>();
