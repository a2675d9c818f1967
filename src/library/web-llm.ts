/** @file Entry `glovebox/web-llm`: models that run in web-llm. */
export { fromWebLlm, type ChatEngine, type ChatEngineOptions } from '../models/runtimes/webllm/chat.ts';
export { loadWebLlm, type LoadOptions } from '../models/runtimes/webllm/listed.ts';
export type { WebLlmModel } from '../models/runtimes/webllm/model.ts';
