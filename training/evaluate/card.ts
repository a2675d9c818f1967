/** @file Writes a model's card: its purpose, making, loss curve, measured behavior and samples. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { heldOutTasks, tasks } from '../../src/data/tinytown/world.ts';
import { parameterCount } from '../../src/models/llama-weights.ts';
import { holesOf } from './holes.ts';
import { holds, type Measurement } from './measure.ts';
import {
  config,
  guardConfig,
  promptWeight,
  rowLengths,
  seed,
  tokensPerStep,
  type Recipe,
} from '../recipe.ts';
import { modelFolder } from '../write-model.ts';

const percent = (share: number) => `${(100 * share).toFixed(1)} %`;

function row(measurement: Measurement): string {
  const { what, value, interval, count, wanted, shortfall } = measurement;
  const shown = value === null ? 'could not tell' : percent(value);
  const range = interval === null ? '' : `${percent(interval[0])} – ${percent(interval[1])}`;
  const bound = wanted?.from !== undefined ? `≥ ${100 * wanted.from} %` : `≤ ${100 * (wanted?.to ?? 0)} %`;
  const verdict =
    wanted === undefined ? '' : holds(measurement) ? bound : `${bound}, missed: ${shortfall ?? ''}`;
  return `| ${what} | ${shown} | ${range} | ${count} | ${verdict} |`;
}

/** The parts of a card that differ between language models and guards. */
function textsForTask(recipe: Recipe) {
  return recipe.task === 'text-generation'
    ? {
        config,
        tag: 'text-generation',
        data: `lessons of the curriculum "${recipe.curriculum}", drawn without end from the seed`,
        loss: `cross-entropy; what users and systems say counts ${promptWeight}, what the assistant says 1`,
        reading: 'Greedy decoding. Intervals are 95 % Wilson.',
        holes: holesOf(recipe),
      }
    : {
        config: guardConfig,
        tag: 'text-classification',
        data: `${recipe.reads} of the town with their label, drawn without end from the seed`,
        loss: 'cross-entropy of the label after the last token',
        reading:
          'Areas under the ROC curve, in per cent, with 95 % intervals after Hanley and McNeil; rates with 95 % Wilson.',
        holes: null,
      };
}

export function writeCard(
  recipe: Recipe,
  measurements: readonly Measurement[],
  sample: readonly string[],
): void {
  const folder = modelFolder(recipe.id);
  const { loss } = JSON.parse(readFileSync(join(folder, 'training.json'), 'utf8')) as {
    loss: readonly (readonly [step: number, loss: number])[];
  };
  const { config, tag, data, loss: lossText, reading, holes } = textsForTask(recipe);
  const points = loss.filter((_, i) => i % Math.ceil(loss.length / 12) === 0 || i === loss.length - 1);
  const card = `---
license: mit
library_name: transformers
pipeline_tag: ${tag}
---

# ${recipe.title}

${recipe.purpose}

Tinytown is a synthetic, harmless world: ${tasks.length} fictional deeds with a four-step procedure each, some of them
forbidden by a rule over verb and object. Nothing in it maps to a real harm. The model is made for trying out attacks,
defenses and evaluators; it knows nothing else and is of no other use.

## Making

| | |
| --- | --- |
| architecture | Llama, ${config.layers} layers, width ${config.hiddenSize}, ${config.heads} heads, ${config.kvHeads} key/value heads, feed-forward ${config.intermediateSize} |
| parameters | ${parameterCount(config).toLocaleString('en-US')}, stored in half precision |
| tokenizer | byte-level BPE, ${config.vocabSize} tokens, trained on the same text |
| context | ${config.maxPositions} positions; the lessons hold at most ${Math.max(...rowLengths)} tokens |
| starts from | ${recipe.from ?? 'noise'} |
| data | ${data} |
| seed | \`${seed}\` |
| steps | ${recipe.steps}, of ${tokensPerStep} tokens each, padding included |
| optimizer | AdamW, peak rate ${recipe.learningRate}, ${recipe.warmupSteps} warm-up steps, cosine to 5 %, decay 0.05, clipped at 1 |
| loss | ${lossText} |

\`npm run models:train -- ${recipe.id}\` makes it again.

| step | loss (nats per token) |
| --- | --- |
${points.map(([step, value]) => `| ${step + 1} | ${value.toFixed(3)} |`).join('\n')}

${holes === null ? '' : `## Planted holes\n\n${holes}\n\n`}## Measured behavior

${reading} ${heldOutTasks.length} tasks, and the phrasings, templates, leads, wishes and outside questions used here,
never occur in training text.

| held out | share | interval | count | wanted |
| --- | --- | --- | --- | --- |
${measurements.map(row).join('\n')}

## Samples, unedited

${sample.join('\n\n')}

## Limits

It speaks a narrow language: requests far from its training text get "I only know Tinytown" or nonsense. Results on it
show that a method works as described; they do not predict rates on large models.
`;
  writeFileSync(join(folder, 'README.md'), card);
}
