/** @file The web-llm (MLC) runtime. */
export { loadWebLlmModel, type WebLlmOptions } from './load.ts';
export type { WebLlmModel } from './model.ts';
export { webllmEntries } from './records.ts';
