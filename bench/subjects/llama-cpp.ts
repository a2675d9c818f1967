/** @file Milliseconds per token after the first, of llama.cpp's WASM build, which runs in a worker of its own. */
import { LoggerWithoutDebug, Wllama } from '@wllama/wllama';
import wasmUrl from '@wllama/wllama/esm/wasm/wllama.wasm?url';
import { parameters } from '../parameters.ts';
import type { Subject } from '../subject.ts';

/** The lab's prompt, special tokens spelled out. */
export interface SpelledPrompt {
  readonly text: string;
  readonly tokens: number;
}

/**
 * @param url of a GGUF file
 * @param threads as many as the lab takes for this model
 */
export async function llamaCppDecode(url: string, threads: number, prompt: SpelledPrompt): Promise<Subject> {
  const wllama = new Wllama(
    { default: new URL(wasmUrl, location.href).href },
    { suppressNativeLog: true, logger: LoggerWithoutDebug },
  );
  const file = await (await fetch(url)).blob();
  await wllama.loadModel([file], { n_threads: threads, n_ctx: 512, n_gpu_layers: 0 });
  const { newTokens } = parameters.decode;
  return {
    about: `${wllama.getNumThreads()} thread(s)`,
    async round() {
      const request = {
        prompt: prompt.text,
        max_tokens: newTokens,
        temperature: 0,
        ignore_eos: true,
        cache_prompt: false,
      };
      const { timings } = await wllama.createCompletion({ ...request, stream: false });
      if (timings?.predicted_n !== newTokens || timings.prompt_n !== prompt.tokens)
        throw new Error(
          `llama.cpp read ${timings?.prompt_n} and wrote ${timings?.predicted_n} tokens in place of ` +
            `${prompt.tokens} and ${newTokens}.`,
        );
      // Its clock starts when the first token is there.
      return timings.predicted_ms / (newTokens - 1);
    },
    close: () => wllama.exit(),
  };
}
