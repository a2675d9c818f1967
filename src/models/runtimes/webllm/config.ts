/** @file The two JSON files of an MLC model folder that the lab reads itself: only the fields it uses. */
import { z } from 'zod';

const conversationSchema = z.object({
  system_template: z.string(),
  system_message: z.string(),
  system_prefix_token_ids: z.array(z.int()).nullish(),
  add_role_after_system_message: z.boolean().nullish(),
  render_empty_system_message: z.boolean().nullish(),
  roles: z.object({ user: z.string(), assistant: z.string() }),
  role_templates: z.object({ user: z.string().nullish(), assistant: z.string().nullish() }).nullish(),
  seps: z.array(z.string()).min(1),
  role_content_sep: z.string().nullish(),
  role_empty_sep: z.string().nullish(),
  stop_token_ids: z.array(z.int()),
});
/** `conv_template`: how MLC writes a conversation. */
export type ConversationConfig = z.infer<typeof conversationSchema>;

export const chatConfigSchema = z.object({
  vocab_size: z.int().positive(),
  /** −1 when a sliding window takes its place. */
  context_window_size: z.int(),
  sliding_window_size: z.int().default(-1),
  tokenizer_files: z.array(z.string()),
  /** `q4f16_1`, say: how weights are stored and what they are computed in. */
  quantization: z.string().optional(),
  conv_template: conversationSchema,
});
/** `mlc-chat-config.json` */
export type ChatConfig = z.infer<typeof chatConfigSchema>;

/** `tensor-cache.json`: the files that hold the weights. */
export const tensorCacheSchema = z.object({
  records: z.array(z.object({ dataPath: z.string().min(1), nbytes: z.int().positive() })).min(1),
});
export type Shard = z.infer<typeof tensorCacheSchema>['records'][number];
