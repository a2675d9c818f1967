/** @file The commands of the command line that change models. */
import type { Command } from 'commander';
import { shippedData } from '../../src/data/training-data.ts';
import {
  airlock,
  decimal,
  device,
  mirror,
  modelNames,
  positiveNumber,
  repeatable,
  wholeNumber,
} from './options.ts';
import { train } from './train.ts';

export function addTraining(program: Command): void {
  program
    .command('train')
    .description('fine-tune a model: harden it, remove what it can do, or attack its weights')
    .argument('<method>', 'id of the method; "list finetunings" prints them')
    .requiredOption('--model <name>', `model to start from: ${modelNames}`)
    .requiredOption(
      '--data <name>',
      `data that ships with the lab (${Object.keys(shippedData).join(', ')}), or a file of your own (CSV, JSON Lines, JSON)`,
    )
    .addOption(
      repeatable('--label <value=kind>', 'what a label in the file means: benign, safe, harmful or skip'),
    )
    .requiredOption('--out <folder>', 'folder for checkpoints and the trained model')
    .addOption(repeatable('--option <k=v>', 'option of the method'))
    .option(
      '--steps <n>',
      'updates; default, as for the next two: what the method recommends',
      positiveNumber,
    )
    .option('--learning-rate <r>', 'at its peak', decimal)
    .option('--warmup <n>', 'updates until that peak', wholeNumber)
    .option('--weight-decay <d>', 'decoupled; default: 0', decimal)
    .option('--seed <n>', 'seed of all draws', wholeNumber, 0)
    .option('--rank <r>', 'train low-rank adapters; default: all weights', positiveNumber)
    .option('--alpha <a>', 'of adapters; default: twice the rank', decimal)
    .addOption(repeatable('--projection <name>', 'linear layer that gets an adapter; default: all'))
    .option('--evaluate-every <n>', 'updates between looks at held-out data; default: 20', wholeNumber)
    .option('--held-out <share>', 'share of the data for them; default: 0.1', decimal)
    .option('--checkpoint-every <n>', 'updates between checkpoints; default: 20', positiveNumber)
    .option('--patience <n>', 'end after so many looks without a lower loss', positiveNumber)
    .option('--resume', 'continue after the last checkpoint in the folder')
    .option('--at <n>', 'with --resume: continue after the checkpoint of so many updates', wholeNumber)
    .option('--json', 'print one line of JSON per event, then the result')
    .addOption(airlock())
    .addOption(mirror())
    .addOption(device())
    .action(train);
}
