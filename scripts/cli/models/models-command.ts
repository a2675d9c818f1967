/** @file The commands on models, and their options. */
import type { Command } from 'commander';
import { airlock, mirror } from '../options.ts';
import { mergeAdapterInto } from './merge-adapter.ts';
import { addModels, listModels, removeModel, verifyModel } from './commands.ts';

export function addModelCommands(program: Command): void {
  const models = program.command('models').description('the models that the command line can run');
  models
    .command('list')
    .description('print them all, bundled and imported')
    .option('--json', 'print a JSON array')
    .action(listModels);
  models
    .command('add')
    .description('import a model, so that it is ready when it is named')
    .argument('<name>', '.gguf or zip file, folder, or org/name[:file.gguf] of a hub, with --airlock')
    .option('--four-bit', 'store its matrices in four bits too, for graphics adapters with shader-f16')
    .option(
      '--base <model>',
      'of a LoRA adapter: the model it stands on, unless its files name one that is here',
    )
    .option('--json', 'print JSON')
    .addOption(airlock())
    .addOption(mirror())
    .action(addModels);
  models
    .command('verify')
    .description('hash every stored file of imported models and compare')
    .argument('[id]', 'one of them; default: all')
    .option('--json', 'print a JSON array')
    .action(verifyModel);
  models
    .command('remove')
    .description('delete the imported form of a model')
    .argument('<id>', 'id of an imported model')
    .option('--json', 'print JSON')
    .action(removeModel);
  program
    .command('merge-adapter')
    .description('write a model with a LoRA adapter as one model, a Hugging Face folder')
    .argument('<adapter>', 'file or folder of the adapter')
    .requiredOption('--out <folder>', 'new or empty folder for the model')
    .option('--base <model>', 'the model that it stands on, unless its files name one that is here')
    .option('--json', 'print JSON')
    .action(mergeAdapterInto);
}
