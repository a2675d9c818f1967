/** @file Options that several commands have, and the readers of their values. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { packNames } from '../../src/core/templates.ts';
import { precisionWishes } from '../../src/models/precision.ts';

export const wholeNumber = (text: string): number => {
  if (/^\d+$/.test(text) && Number.isSafeInteger(Number(text))) return Number(text);
  throw new InvalidArgumentError(`It must be a whole number from 0 to ${Number.MAX_SAFE_INTEGER}.`);
};
export const positiveNumber = (text: string): number => {
  if (/^0*[1-9]\d*$/.test(text) && Number.isSafeInteger(Number(text))) return Number(text);
  throw new InvalidArgumentError(`It must be a whole number from 1 to ${Number.MAX_SAFE_INTEGER}.`);
};
export const decimal = (text: string): number => {
  if (text.trim() !== '' && Number.isFinite(Number(text))) return Number(text);
  throw new InvalidArgumentError('It must be a number.');
};
export const quoting =
  'quote values with commas or pluses, as in rose:safePrompt="Be kind, be brief.", or write JSON behind the colon';

/** An option that can be given several times. */
export const repeatable = (flags: string, description: string) =>
  new Option(flags, `${description}; can be repeated`)
    .argParser((text: string, earlier: readonly string[]) => [...earlier, text])
    .default([], 'none');
export const device = () =>
  new Option('--device <kind>', 'device that computes').choices(['wasm', 'webgpu']).default('wasm');

export const precision = () =>
  new Option('--precision <p>', 'what imported models are computed in, where they and the device can')
    .choices(precisionWishes)
    .default('auto');

export const workers = () =>
  new Option(
    '--workers <n>',
    'how many workers compute small models; default: by cores and memory',
  ).argParser(positiveNumber);

export const modelNames =
  'bundled id, .gguf or zip file, folder, id of an imported model, or org/name[:file.gguf] of a hub, with --airlock';
export const airlock = () =>
  new Option('--airlock', 'agree that models named org/name are downloaded from their hub');

export const mirror = () =>
  new Option('--mirror <url>', 'mirror that is asked in place of the hub; default: GLOVEBOX_MIRROR');

export const templates = () =>
  new Option(
    '--templates <file>',
    'template pack that replaces the texts of attacks; its schema is public/schemas/template-pack.json',
  );

export const texts = () =>
  new Option('--texts <pack>', 'pack of texts that attacks use; default: full where it fits').choices(
    packNames,
  );

export const withTemplateOptions = (command: Command) =>
  command
    .option('--date <yyyy-mm-dd>', 'what chat templates take for today, in place of a constant')
    .addOption(
      repeatable(
        '--template-var <name=value>',
        'variable of the chat template, such as enable_thinking=false',
      ),
    );
