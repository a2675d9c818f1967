/** @file The files of what a training made: a Hugging Face folder, or an adapter as PEFT's folder holds it. */
import { percent } from '../../core/format.ts';
import type { ModelEntry } from '../../models/catalog.ts';
import type { ModelFolder } from '../../models/files.ts';
import { writePeft } from '../../models/peft.ts';
import { projections } from '../../models/projections.ts';
import { writeSafetensors } from '../../models/safetensors.ts';
import type { Bytes } from './kept-folder.ts';
import type { ResolvedTraining, Trained } from './run-training.ts';
import type { HeldOutLosses } from '../records/training.ts';

/** What a model folder holds besides its weights; those that are there are taken over. */
const copied = [
  'tokenizer.json',
  'tokenizer_config.json',
  'special_tokens_map.json',
  'generation_config.json',
  'chat_template.jinja',
] as const;

const encoder = new TextEncoder();

/** Numbers of weights from which half precision is written. */
const manyWeights = 5e7;

/**
 * @param base where the model's files are
 * @returns by path; a folder with `adapter_config.json` is an adapter on `entry`
 */
export async function trainedFiles(
  training: ResolvedTraining,
  trained: Trained,
  { entry, base }: { readonly entry: Pick<ModelEntry, 'id' | 'license'>; readonly base: ModelFolder },
): Promise<ReadonlyMap<string, Bytes>> {
  const { adapters } = training.settings;
  const card = encoder.encode(cardOf(training, trained, entry));
  if (adapters) {
    const { rank, alpha, projections: chosen = projections } = adapters;
    const written = writePeft({ rank, alpha, projections: chosen, tensors: trained.weights }, entry.id);
    return new Map([...written, ['README.md', card]]);
  }
  const files = new Map<string, Bytes>();
  const count = [...trained.weights.values()].reduce((sum, { data }) => sum + data.length, 0);
  const dtype = count > manyWeights ? 'F16' : 'F32';
  const config = {
    ...(await base.json('config.json')),
    torch_dtype: dtype === 'F16' ? 'float16' : 'float32',
  };
  files.set('config.json', encoder.encode(`${JSON.stringify(config, null, 2)}\n`));
  for (const name of copied) {
    const text = await base.optionalText(name);
    if (text !== null) files.set(name, encoder.encode(text));
  }
  files.set('model.safetensors', writeSafetensors(trained.weights, { dtype }));
  return files.set('README.md', card);
}

/** The name of the trained model. */
export const trainedName = ({ plan }: Pick<ResolvedTraining, 'plan'>): string =>
  `${plan.model}-${plan.method.id}`;

function cardOf(
  training: ResolvedTraining,
  { steps, endedEarly, before, after }: Trained,
  { id, license }: Pick<ModelEntry, 'id' | 'license'>,
): string {
  const { plan, method, options, settings } = training;
  const data = typeof plan.data === 'string' ? plan.data : (plan.data.title ?? 'data of its user');
  const { rank, alpha } = settings.adapters ?? {};
  const trained = rank ? `adapters of rank ${rank}, alpha ${alpha}` : 'all weights';
  return [
    ...[
      '---',
      `license: ${license.toLowerCase()}`,
      `base_model: ${id}`,
      '---',
      '',
      `# ${trainedName(training)}`,
      '',
    ],
    `${method.title} (${method.paper.title}) on \`${id}\`: ${trained}, ${steps} updates at a learning rate of ${settings.learningRate}, seed ${plan.seed}.`,
    ...[
      '',
      `- Data: ${data}; ${percent(plan.heldOut)} of it held out.`,
      `- Options: \`${JSON.stringify(options)}\``,
    ],
    ...(endedEarly
      ? ['- Ended early, with the weights of its last update, not those of its best look.']
      : []),
    ...(before && after ? ['', ...lossTable(before, after)] : []),
    '',
  ].join('\n');
}

const lossTable = (before: HeldOutLosses, after: HeldOutLosses): readonly string[] => {
  const shown = (loss: number | null) => (loss === null ? '–' : loss.toFixed(3));
  const kinds = [
    ['answers to harmless requests', 'benign'],
    ['refusals', 'safe'],
    ['harmful answers', 'harmful'],
  ] as const;
  return [
    '| held-out loss, nats per token | before | after |',
    '| --- | ---: | ---: |',
    ...kinds.map(([title, kind]) => `| ${title} | ${shown(before[kind])} | ${shown(after[kind])} |`),
  ];
};
