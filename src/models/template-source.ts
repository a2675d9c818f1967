/** @file Finds the chat template among the forms in which model folders hold it. */
import { LabError } from '../core/errors.ts';
import { excerpt } from '../core/excerpt.ts';
import { isPlainTemplate } from './plain-template.ts';

/** False for what says nothing: base models have no template, some converters write an empty one, the importer a plain one. */
export const hasTemplate = ({ chat_template: source }: Readonly<Record<string, unknown>>): boolean =>
  typeof source === 'string'
    ? source.trim() !== '' && !isPlainTemplate(source)
    : namedTemplates(source).length > 0;

/**
 * The chat template of `tokenizer_config.json`: a text, or a list of named ones, of which `default` is used.
 * @throws LabError 'bad-model' if there is none
 */
export function templateSource(config: Readonly<Record<string, unknown>>): string {
  const source = config['chat_template'];
  if (typeof source === 'string' && source.trim() !== '') return source;
  const named = namedTemplates(source);
  const chosen = named.find(({ name }) => name === 'default');
  if (chosen) return chosen.template;
  if (named.length > 0)
    throw new LabError(
      'bad-model',
      `The model folder has no chat template named "default", only ${named
        .map(({ name }) => `"${excerpt(name, 40)}"`)
        .slice(0, 10)
        .join(', ')}.`,
      { advice: 'Name the template for conversations "default" in its tokenizer_config.json.' },
    );
  throw new LabError('bad-model', 'The model folder has no chat template.', {
    advice:
      'Pick an instruction-tuned model, or import this one, which gives it a template that continues plain text.',
  });
}

interface NamedTemplate {
  readonly name: string;
  readonly template: string;
}

/** As transformers writes several: a list of objects; older files have an object by name. */
function namedTemplates(source: unknown): readonly NamedTemplate[] {
  if (typeof source !== 'object' || source === null) return [];
  const entries: readonly unknown[] = Array.isArray(source)
    ? source
    : Object.entries(source).map(([name, template]) => ({ name, template }));
  return entries.flatMap((entry) => {
    const { name, template } = (entry ?? {}) as { readonly name?: unknown; readonly template?: unknown };
    return typeof name === 'string' && typeof template === 'string' ? [{ name, template }] : [];
  });
}
