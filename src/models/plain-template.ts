/**
 * @file A template for models that were never taught to chat and have none of their own: text in, text out. Messages are
 * joined by blank lines, whoever wrote them, and the model goes on right behind the last one. So a base model runs in the
 * lab, with a limit to be told: it continues a request rather than answers it, and nothing tells it where a turn ends.
 */
import { contentOf } from './added-tokens.ts';

type Json = Readonly<Record<string, unknown>>;

/** How the template begins, by which it is known again. */
const mark = '{#- No chat template: text in, text out. -#}';

export const isPlainTemplate = (source: string): boolean => source.startsWith(mark);

/** What users are told of a model with this template. */
export const plainTemplateNote =
  'It has no chat template, as base models have none: it continues the text of the messages, joined by blank lines.';

/** The template for a tokenizer with these files; texts begin with the bos token where the tokenizer begins them so. */
export function plainTemplate(tokenizer: Json, config: Json): string {
  const bos = beginsWithBos(tokenizer, config) ? '{{ bos_token }}' : '';
  const messages = "{% for message in messages %}{{ message['content'] }}";
  return `${mark}${bos}${messages}{% if not loop.last %}{{ '\\n\\n' }}{% endif %}{% endfor %}`;
}

interface Step {
  readonly single?: readonly { readonly SpecialToken?: { readonly id?: string } }[];
  readonly processors?: readonly Step[];
}

/** As the tokenizer's last step says; `add_bos_token` counts where there is none. */
function beginsWithBos(tokenizer: Json, config: Json): boolean {
  const bos = contentOf(config['bos_token']);
  const last = tokenizer['post_processor'] as Step | null | undefined;
  if (bos === null) return false;
  if (!last) return config['add_bos_token'] === true;
  return [last, ...(last.processors ?? [])].some(({ single }) => single?.[0]?.SpecialToken?.id === bos);
}
