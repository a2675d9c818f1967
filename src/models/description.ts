/** @file Reads the small files of a model folder: its configuration and its tokenizer. */
import { LabError } from '../core/errors.ts';
import { pathText } from '../core/excerpt.ts';
import { sizeProblem } from '../core/nesting.ts';
import type { TokenizerFiles } from './chat-tokenizer.ts';
import type { ModelSource, ModelTask } from './catalog.ts';
import type { ModelFolder } from './files.ts';
import { readEndIds } from './tokenizer-files.ts';

export interface ModelDescription {
  /** Parsed `config.json`. */
  readonly config: Readonly<Record<string, unknown>>;
  /** Parsed `generation_config.json`, if there is one. */
  readonly generation: Readonly<Record<string, unknown>> | null;
  readonly tokenizer: TokenizerFiles;
}

/**
 * @param source where the folder is, if known: bundled models are asked for a template in a file only if they have no other
 * @throws LabError 'unknown-model', 'unreachable' or 'bad-model', or the signal's reason
 */
export async function readDescription(
  folder: ModelFolder,
  source?: Pick<ModelSource, 'kind'>,
): Promise<ModelDescription> {
  const mayHaveFile = source?.kind !== 'bundled';
  const [config, tokenizer, tokenizerConfig, generation, templateFile] = await Promise.all([
    folder.json('config.json'),
    folder.json('tokenizer.json'),
    folder.json('tokenizer_config.json'),
    folder.optionalJson('generation_config.json'),
    mayHaveFile ? folder.optionalText('chat_template.jinja') : null,
  ]);
  // As in transformers: the file wins, since what is beside it may be older.
  const template =
    templateFile ??
    tokenizerConfig['chat_template'] ??
    (mayHaveFile ? undefined : await folder.optionalText('chat_template.jinja'));
  return describe({
    config,
    generation,
    tokenizer,
    tokenizerConfig: { ...tokenizerConfig, chat_template: template },
  });
}

type Json = Readonly<Record<string, unknown>>;

/** @throws LabError 'bad-model' for a configuration that is out of all proportion */
export function describe({
  config,
  generation,
  tokenizer,
  tokenizerConfig,
}: {
  readonly config: Json;
  readonly generation: Json | null;
  readonly tokenizer: Json;
  /** The chat template included. */
  readonly tokenizerConfig: Json;
}): ModelDescription {
  checkConfig(config);
  return {
    config,
    generation,
    tokenizer: {
      tokenizer: tokenizer as unknown as TokenizerFiles['tokenizer'],
      config: tokenizerConfig,
      generation: { eos_token_id: endIdsOf(config, generation) },
    },
  };
}

/** The ids of all files that name some; one that names none hides no other. */
const endIdsOf = (...files: readonly (Json | null)[]): number[] => [
  ...new Set(
    files.flatMap((file) =>
      [file, file?.['text_config'] as typeof file].flatMap((part) => [...readEndIds(part?.['eos_token_id'])]),
    ),
  ),
];

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
