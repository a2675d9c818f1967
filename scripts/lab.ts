/** @file `npm run lab -- …`: the lab from the command line. */
import { runCommand } from './cli/program.ts';

// The reader of a pipe, such as head, may leave before the end; then there is no one left to write to.
for (const stream of [process.stdout, process.stderr])
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit(0);
  });

process.exitCode = await runCommand(process.argv.slice(2));
