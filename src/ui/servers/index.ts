/** @file What a connected build shows of servers; the sealed build leaves this folder out. */
export { default as Panel } from './ServerForm.svelte';
export { Servers } from './servers.svelte.ts';
