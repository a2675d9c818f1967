/** @file Answers that the model as it stands gives. */
import type { ChatMessage } from '../../core/chat.ts';
import type { Learner, TrainingRow } from '../../models/language-model.ts';

/** Answers drawn at temperature 1, with the end of the turn where they came to one. */
export async function sampledRows(
  training: Pick<Learner, 'model'>,
  prompts: readonly (readonly ChatMessage[])[],
  options: {
    readonly maxNewTokens: number;
    readonly seed: number;
    readonly signal?: AbortSignal | undefined;
  },
): Promise<readonly TrainingRow[]> {
  const { maxNewTokens, seed, signal } = options;
  const policy = await training.model();
  const { tokenizer } = policy;
  const [end] = tokenizer.endIds;
  try {
    return await Promise.all(
      prompts.map(async (messages, i) => {
        const { tokens, finishReason } = await policy.generate(messages, {
          ...{ maxNewTokens, topTokens: 1, seed: `${seed}/${i}` },
          ...(signal && { signal }),
          sampling: { temperature: 1, topP: 1 },
        });
        const prompt = tokenizer.prompt(messages);
        const ended = finishReason === 'end' && end !== undefined;
        return {
          ids: [...prompt, ...tokens.map(({ id }) => id!), ...(ended ? [end] : [])],
          from: prompt.length,
        };
      }),
    );
  } finally {
    policy.dispose();
  }
}
