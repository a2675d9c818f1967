/** @file Reads the small files of a model folder: its configuration and its tokenizer. */
import { LabError } from '../core/errors.ts';
import { pathText } from '../core/excerpt.ts';
import { sizeProblem } from '../core/nesting.ts';
import type { TokenizerFiles } from './chat-tokenizer.ts';
import type { ModelTask } from './catalog.ts';
import type { ModelFolder } from './files.ts';

export interface ModelDescription {
  /** Parsed `config.json`. */
  readonly config: Readonly<Record<string, unknown>>;
  /** Parsed `generation_config.json`, if there is one. */
  readonly generation: Readonly<Record<string, unknown>> | null;
  readonly tokenizer: TokenizerFiles;
}

/** @throws LabError 'unknown-model', 'unreachable' or 'bad-model', or the signal's reason */
export async function readDescription(folder: ModelFolder): Promise<ModelDescription> {
  const [config, tokenizer, tokenizerConfig, generation] = await Promise.all([
    folder.json('config.json'),
    folder.json('tokenizer.json'),
    folder.json('tokenizer_config.json'),
    folder.optionalJson('generation_config.json'),
  ]);
  checkConfig(config);
  // Newer folders keep the template in a file of its own.
  const template = tokenizerConfig['chat_template'] ?? (await folder.optionalText('chat_template.jinja'));
  return {
    config,
    generation,
    tokenizer: {
      tokenizer: tokenizer as unknown as TokenizerFiles['tokenizer'],
      config: { ...tokenizerConfig, chat_template: template },
      generation: { ...config, ...generation } as TokenizerFiles['generation'],
    },
  };
}

/** Far above any model; engines make a list entry for each, under whatever name the architecture gives to their number. */
const mostLayersOrHeads = 10_000;

/** @throws LabError 'bad-model' for a configuration that is nested without end or counts out of all proportion */
function checkConfig(config: ModelDescription['config']): void {
  const problem =
    sizeProblem(config, { depth: 32, values: 1_000_000 }) ?? namesProblem(config) ?? countProblem(config, []);
  if (problem === null) return;
  throw new LabError('bad-model', `config.json is not usable: ${problem}.`, {
    advice: 'Check that this is the config.json of a language model or a classifier.',
  });
}

/** What decides how an engine reads a model. */
function namesProblem({ model_type: type, architectures = [] }: ModelDescription['config']): string | null {
  if (type !== undefined && typeof type !== 'string') return 'model_type: it must be a name';
  const isList = architectures === null || (Array.isArray(architectures) && architectures.every(isName));
  return isList ? null : 'architectures: it must be a list of names';
}
const isName = (name: unknown) => typeof name === 'string';

function countProblem(config: Readonly<Record<string, unknown>>, path: readonly string[]): string | null {
  for (const [key, value] of Object.entries(config)) {
    if (typeof value === 'number' && value > mostLayersOrHeads && /layers?$|heads?$/i.test(key))
      return `${pathText([...path, key], 'config')}: ${value} is more than the limit of ${mostLayersOrHeads}`;
    const inner =
      typeof value === 'object' && value !== null
        ? countProblem(value as Record<string, unknown>, [...path, key])
        : null;
    if (inner !== null) return inner;
  }
  return null;
}

const kinds = {
  'text-generation': { pattern: /ForCausalLM$|ForConditionalGeneration$/, does: 'writes text' },
  'text-classification': { pattern: /ForSequenceClassification$/, does: 'sorts texts into classes' },
} as const;

/** @throws LabError 'not-supported' if config.json declares another task than `wanted` */
export function checkTask(id: string, { config }: ModelDescription, wanted: ModelTask): void {
  const architectures = Array.isArray(config['architectures']) ? config['architectures'].map(String) : [];
  const other = wanted === 'text-generation' ? 'text-classification' : 'text-generation';
  if (!architectures.some((name) => kinds[other].pattern.test(name))) return;
  throw new LabError(
    'not-supported',
    `${id} ${kinds[other].does}, but this role needs a model that ${kinds[wanted].does}.`,
    {
      advice:
        wanted === 'text-generation' ? 'Give it the role of a guard.' : 'Only a classifier can be a guard.',
    },
  );
}
