/** @file The commands of the command line, their arguments and options. */
import { Command, Option } from 'commander';
import { attack } from './attack.ts';
import { bundle } from './bundle.ts';
import { chat } from './chat.ts';
import { compare } from './compare.ts';
import { useEndpoints, withEndpointOptions } from './endpoints.ts';
import { estimate } from './estimate.ts';
import { evaluators } from './evaluators.ts';
import { insight } from './insight.ts';
import { exportNames, exportRun } from './export.ts';
import { asCommandError } from './failure.ts';
import { catalogueLists, list } from './list.ts';
import { merge } from './merge.ts';
import { addModelCommands } from './models/models-command.ts';
import { mutate } from './mutate.ts';
import {
  airlock,
  decimal,
  device,
  mirror,
  modelNames,
  positiveNumber,
  precision,
  quoting,
  repeatable,
  templates,
  texts,
  wholeNumber,
  withTemplateOptions,
  workers,
} from './options.ts';
import { replay } from './replay.ts';
import { report } from './report.ts';
import { run } from './run.ts';
import { addTraining } from './training-commands.ts';
import { behaviorKinds } from '../../src/core/behavior.ts';
import { excerpt } from '../../src/core/excerpt.ts';
import { encodings } from '../../src/data/import/encoding.ts';
import { fields as behaviorFields } from '../../src/data/import/shapes.ts';
import { attackModeWishes, defaultSampling } from '../../src/lab/plan/plan.ts';

const program = new Command('lab')
  .description('Glovebox from the command line: the same app, in a headless browser.')
  .exitOverride()
  .configureOutput({ outputError: (message, write) => write(`${excerpt(message.trimEnd(), 1200)}\n`) })
  .showHelpAfterError('(use --help for more)')
  .hook('preAction', (_program, command) => useEndpoints(command.opts()));

program
  .command('list')
  .description(`print a part of the catalogue: ${catalogueLists.join(', ')}`)
  .argument('<what>')
  .option('--json', 'print the cards as a JSON array')
  .action(list);

/** What replaces parts of a plan, and computes it. */
const withPlanOptions = (command: Command) =>
  withEndpointOptions(withTemplateOptions(command))
    .argument('<plan>', 'plan file; its schema is public/schemas/plan.json')
    .option('--seed <n>', "seed in place of the plan's", wholeNumber)
    .addOption(repeatable('--model <name>', `model under attack in place of the plan's: ${modelNames}`))
    .option(
      '--behaviors <file>',
      "CSV, JSON Lines or JSON file of behaviors: the set that the plan names, else in place of the plan's",
    )
    .addOption(
      new Option(
        '--kind <kind>',
        'kind of those behaviors where their file does not say; default: harmful',
      ).choices(behaviorKinds),
    )
    .addOption(
      repeatable(
        '--column <field=name>',
        `column of that file that holds one of: ${behaviorFields.join(', ')}`,
      ),
    )
    .addOption(
      new Option('--encoding <name>', 'encoding of that file; default: as detected').choices(encodings),
    )
    .addOption(
      new Option('--attack-mode <mode>', "on which models attacks are made, in place of the plan's").choices(
        attackModeWishes,
      ),
    )
    .option('--shard <i/n>', 'run only part i of n; each has an equal share of the behaviors')
    .addOption(texts())
    .addOption(templates())
    .addOption(airlock())
    .addOption(mirror())
    .addOption(device())
    .addOption(precision())
    .addOption(workers());

withPlanOptions(program.command('run'))
  .description('run a plan, or continue its run')
  .requiredOption('--out <folder>', 'folder for run.json, trials.jsonl and report.html')
  .option('--resume', 'continue after the trials that are already in the folder')
  .option('--json', 'print the summary as JSON')
  .action(run);

withPlanOptions(program.command('estimate'))
  .description(
    'say how many trials a plan has, and about how much time and memory a run takes; nothing is run',
  )
  .option('--json', 'print JSON')
  .action(estimate);

withEndpointOptions(program.command('replay'))
  .description('send the attack results of a run to other defenses or models, without attacking again')
  .argument('<folder>', 'folder of the run; it must be finished')
  .requiredOption('--out <folder>', 'folder for run.json, trials.jsonl and report.html')
  .addOption(repeatable('--model <name>', `model in place of the run's: ${modelNames}`))
  .addOption(
    repeatable(
      '--defense <id[:k=v,…][+id…]>',
      `stack of defenses in place of the run's, one column per stack; ${quoting}`,
    ),
  )
  .option('--from <id>', 'model of the run whose attack results are replayed')
  .addOption(repeatable('--role <role=model>', 'model for a role, by default that of the run'))
  .option('--resume', 'continue after the trials that are already in the folder')
  .option('--json', 'print the summary as JSON')
  .addOption(airlock())
  .addOption(mirror())
  .addOption(device())
  .addOption(precision())
  .addOption(workers())
  .action(replay);

program
  .command('merge')
  .description('join the shards of one plan into one run, and list the trials that are missing')
  .argument('<folders...>', 'folders of the shards')
  .requiredOption('--out <folder>', 'folder for run.json, trials.jsonl and report.html')
  .option('--json', 'print the summary as JSON')
  .action(merge);

const labelsOption = (use: string) =>
  new Option(
    '--labels <file>',
    'CSV, JSON Lines or JSON file with columns behavior and label, and attack, defense, model and mode where a ' +
      `behavior has several answers, as the page saves them; ${use}`,
  );

program
  .command('report')
  .description('write report.html of a run again, from its run.json and trials.jsonl')
  .argument('<folder>', 'folder of the run')
  .addOption(
    labelsOption('count them as the verdicts of an evaluator of its own, and measure the others by them'),
  )
  .option('--json', 'print the summary as JSON')
  .action(report);

program
  .command('bundle')
  .description('write a run as one file, which the page opens; drop it on the matrix page')
  .argument('<folder>', 'folder of the run')
  .option('--out <file>', 'the file; default: the name of the folder, with .glovebox')
  .action(bundle);

program
  .command('evaluators')
  .description('print how far the evaluators of a run can be trusted, on answers whose truth is known')
  .argument('<folder>', 'folder of the run')
  .addOption(labelsOption('default: the exact evaluators of the plan'))
  .option('--json', 'print checks, agreement and corrected rates as JSON')
  .action(evaluators);

program
  .command('export')
  .description('write the tables of a run, or its trials in a format of another tool')
  .argument('<folder>', 'folder of the run')
  .addOption(new Option('--as <format>', 'what to write').choices(exportNames).makeOptionMandatory())
  .option('--out <file>', 'the file; default: standard output')
  .action(exportRun);

program
  .command('compare')
  .description(
    'compare two runs: rates with intervals, exact McNemar test, behaviors with different outcomes',
  )
  .argument('<first>', 'folder of a run')
  .argument('<second>', 'folder of another run')
  .option('--json', 'print the comparison as JSON')
  .action(compare);

/** The options of a single request. */
const withRequestOptions = (command: Command) =>
  withEndpointOptions(withTemplateOptions(command))
    .requiredOption('--model <name>', `model to talk to: ${modelNames}`)
    .addOption(repeatable('--defense <id[:k=v,…]>', `defense around the model; ${quoting}`))
    .addOption(repeatable('--role <role=model>', 'model for a role, in place of the default one'))
    .option('--seed <n>', 'seed of the random streams', wholeNumber, 0)
    .option('--max-new-tokens <n>', 'most tokens in the answer', wholeNumber, defaultSampling.maxNewTokens)
    .option('--temperature <t>', 'sampling temperature; 0 is greedy', decimal, defaultSampling.temperature)
    .option('--json', 'print JSON')
    .addOption(airlock())
    .addOption(mirror())
    .addOption(device())
    .addOption(precision());

withRequestOptions(program.command('attack'))
  .description('run one attack on one behavior and print its steps')
  .argument('<id>', 'id of the attack; "list attacks" prints them')
  .option('--behavior <id>', 'id of a behavior in a bundled set')
  .option('--request <text>', 'your own request, in place of a behavior')
  .option('--target <text>', 'how a compliant answer to your request would begin')
  .addOption(repeatable('--option <k=v>', 'option of the attack; of one in a row: id.k=v'))
  .option('--adaptive', 'make the attack on the model behind the defenses; default: on the model itself')
  .addOption(texts())
  .addOption(templates())
  .action(attack);

withRequestOptions(program.command('chat'))
  .description('send one message and print the answer')
  .requiredOption('--message <text>', 'the message')
  .option('--system <text>', 'system prompt')
  .option(
    '--top-tokens <k>',
    'list each token of the answer with its k most likely alternatives',
    wholeNumber,
    0,
  )
  .action(chat);

addTraining(program);

program
  .command('insight')
  .description(
    'look inside a model: refusal direction, logit lens, attention to an attack, probes; beside its base also how deep training reaches',
  )
  .requiredOption('--model <name>', `model to look into: ${modelNames}`)
  .option('--base <name>', 'model that it was trained from, shown beside it')
  .option('--set <id>', 'behavior set with contrast prompts', 'tinytown')
  .option('--behavior <id>', 'behavior of the set whose request is shown; default: the first forbidden one')
  .option(
    '--prompt <text>',
    'what the user says; {request} stands for the request, and all around it is the attack',
  )
  .option('--opening <text>', 'words put in the mouth of the models')
  .option('--relearning', 'also fine-tune each on ten harmful answers, and ask it in between')
  .option('--seed <n>', 'seed of the random streams', wholeNumber, 0)
  .option('--out <folder>', 'write pictures, tables and JSON there')
  .option('--json', 'print the report as JSON')
  .addOption(airlock())
  .addOption(mirror())
  .addOption(device())
  .action(insight);

program
  .command('mutate')
  .description('print the prompts of an attack that needs no model for them, one line of JSON per behavior')
  .argument('<id>', 'id of the attack; "list attacks --json" says which ones can ("mutates")')
  .requiredOption('--set <id>', 'behavior set; its harmful behaviors are used')
  .option('--limit <n>', 'only the first n of them', positiveNumber)
  .option('--seed <n>', 'seed of the random streams', wholeNumber, 0)
  .addOption(repeatable('--option <k=v>', 'option of the attack; of one in a row: id.k=v'))
  .addOption(texts())
  .addOption(templates())
  .action(mutate);

addModelCommands(program);

/**
 * Run the command that the words after `lab` name. Results go to standard output, progress and errors to standard error.
 * @returns the exit code: 0 done, 1 the run failed, 2 bad usage or bad input
 */
export async function runCommand(words: readonly string[]): Promise<number> {
  try {
    await program.parseAsync(words, { from: 'user' });
    return 0;
  } catch (error) {
    const isUsage = error instanceof Error && 'code' in error && String(error.code).startsWith('commander.');
    if (isUsage) return 'exitCode' in error && error.exitCode === 0 ? 0 : 2;
    const { message, exitCode } = asCommandError(error);
    console.error(`error: ${message}`);
    return exitCode;
  }
}
