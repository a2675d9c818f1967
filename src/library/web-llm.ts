/** @file Entry `glovebox/web-llm`: models that run in web-llm. */
export { fromWebLlm, type ChatEngine, type ChatEngineOptions } from '../models/runtimes/webllm/chat.ts';
