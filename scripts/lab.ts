/** @file `npm run lab -- …`: the lab without its pages. Results on standard output, progress on standard error. */
import { Command, InvalidArgumentError, Option } from 'commander';
import { attack, chat } from './cli/once.ts';
import { list, listed } from './cli/list.ts';
import { compare } from './cli/compare.ts';
import { merge } from './cli/merge.ts';
import { replay } from './cli/replay.ts';
import { report } from './cli/report.ts';
import { run } from './cli/run.ts';
import { asCommandError } from './cli/failure.ts';

const wholeNumber = (text: string): number => {
  if (/^\d+$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It must be a whole number, 0 or more.');
};
const decimal = (text: string): number => {
  if (text.trim() !== '' && Number.isFinite(Number(text))) return Number(text);
  throw new InvalidArgumentError('It must be a number.');
};
const collect = (text: string, before: readonly string[] = []): readonly string[] => [...before, text];
const device = () =>
  new Option('--device <kind>', 'what computes').choices(['wasm', 'webgpu']).default('wasm');

const templates = () =>
  new Option(
    '--templates <file>',
    'pack of prompt texts for attacks; the schema is public/schemas/template-pack.json',
  );

const program = new Command('lab')
  .description('Glovebox from the command line: the same app and worker code, in a headless browser.')
  .exitOverride()
  .showHelpAfterError('(--help says more)');

program
  .command('list')
  .description(`the catalogue: ${listed.join(', ')}`)
  .argument('<what>')
  .option('--json', 'method cards as a JSON array')
  .action(list);

program
  .command('run')
  .description('run a plan, or go on with it')
  .argument('<plan>', 'plan file; the schema is public/schemas/plan.json')
  .requiredOption('--out <folder>', 'where run.json, trials.jsonl and report.html go')
  .option('--seed <n>', "in place of the plan's seed", wholeNumber)
  .option('--shard <i/n>', 'only the i-th of n equal parts, by behavior')
  .addOption(templates())
  .option('--resume', 'go on from the trials that are in the folder')
  .option('--json', 'print the summary as JSON')
  .addOption(device())
  .action(run);

program
  .command('replay')
  .description('put the attack results of a run to other defenses or models, without attacking again')
  .argument('<folder>', 'folder of the run; it must be finished')
  .requiredOption('--out <folder>', 'where run.json, trials.jsonl and report.html go')
  .option('--model <id>', "model in place of the run's; may be repeated", collect, [])
  .option(
    '--defense <id[:k=v,…][+id…]>',
    "a stack in place of the run's, one column each; may be repeated",
    collect,
    [],
  )
  .option('--from <id>', 'replay what was made on this model of the run')
  .option('--role <role=model>', 'who plays a role; default as in the run', collect, [])
  .option('--resume', 'go on from the trials that are in the folder')
  .option('--json', 'print the summary as JSON')
  .addOption(device())
  .action(replay);

program
  .command('merge')
  .description('join shards of one plan into one run; says what is missing')
  .argument('<folders...>', 'folders of the shards')
  .requiredOption('--out <folder>', 'where run.json, trials.jsonl and report.html go')
  .option('--json', 'print the summary as JSON')
  .action(merge);

program
  .command('report')
  .description('write report.html of a run again, from run.json and trials.jsonl')
  .argument('<folder>', 'folder of the run')
  .option('--json', 'print the summary as JSON')
  .action(report);

program
  .command('compare')
  .description('two runs side by side: rates with intervals, exact McNemar, behaviors that flipped')
  .argument('<first>', 'folder of a run')
  .argument('<second>', 'folder of another')
  .option('--json', 'print the comparison as JSON')
  .action(compare);

const once = (command: Command) =>
  command
    .requiredOption('--model <id>', 'model to talk to')
    .option('--defense <id[:k=v,…]>', 'switch on a defense; may be repeated', collect, [])
    .option('--role <role=model>', 'who plays a role, in place of the usual model', collect, [])
    .option('--seed <n>', 'names the random streams', wholeNumber, 0)
    .option('--max-new-tokens <n>', 'longest answer', wholeNumber, 96)
    .option('--temperature <t>', '0 is greedy', decimal, 0)
    .option('--json', 'print JSON')
    .addOption(device());

once(program.command('attack'))
  .description('one attack on one behavior, step by step')
  .argument('<id>', 'attack; see "list attacks"')
  .option('--behavior <id>', 'behavior of a bundled set')
  .option('--request <text>', 'a request of your own, in place of a behavior')
  .option('--target <text>', 'how a compliant answer to it would open')
  .option('--option <k=v>', 'option of the attack; may be repeated', collect, [])
  .addOption(templates())
  .action(attack);

once(program.command('chat'))
  .description('one exchange')
  .requiredOption('--message <text>', 'what to say')
  .option('--system <text>', 'system prompt')
  .option('--top-tokens <k>', 'list each token with its k likeliest alternatives', wholeNumber, 0)
  .action(chat);

try {
  await program.parseAsync();
} catch (error) {
  const isUsage = error instanceof Error && 'code' in error && String(error.code).startsWith('commander.');
  if (isUsage) process.exitCode = 'exitCode' in error && error.exitCode === 0 ? 0 : 2;
  else {
    const { message, exitCode } = asCommandError(error);
    console.error(`error: ${message}`);
    process.exitCode = exitCode;
  }
}
