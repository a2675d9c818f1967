/** @file The models of the published run on secrets: SmolLM2, the keeper that stands on it, and the keeper after DPO. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../build.ts';
import { adaptedId } from '../../src/models/adapted-entry.ts';
import { addModel } from '../cli/models/add.ts';
import { fetchRealModel } from '../fetch-real-model.ts';
import { realModels } from '../real-models.ts';

/** Low-rank adapters on the keeper, from pairs of a refusal and a secret told, in the situations that the keeper learned from. */
const dpo = ['--rank', '8', '--learning-rate', '1e-4', '--steps', '30', '--option', 'batchSize=4'];

async function lab(args: readonly string[]): Promise<void> {
  const child = spawn(process.execPath, [join(root, 'scripts/lab.mjs'), ...args], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(`"lab ${args[0]}" failed; the reason is above.`);
}

/**
 * @param folder for what is made on the way; what is there already is not made again
 * @returns what the command line calls them
 */
export async function secretModels(folder: string): Promise<readonly { name: string; title: string }[]> {
  const base = await addModel(await fetchRealModel(realModels.find(({ id }) => id === 'smollm2')!));
  const adapter = join(root, 'public/adapters/smollm2-keeper');
  const keeper = await merged(adapter, base.id, join(folder, 'smollm2-keeper'));
  const training = join(folder, 'dpo');
  const trained = join(training, 'model');
  if (!existsSync(trained))
    await lab([
      ...['train', 'dpo', '--model', keeper, '--data', 'secrets', '--out', training, ...dpo],
      ...(existsSync(training) ? ['--resume'] : []),
    ]);
  const hardened = await merged(trained, (await addModel(keeper)).id, join(folder, 'smollm2-keeper-dpo'));
  return [
    { name: base.id, title: 'SmolLM2' },
    { name: adaptedId(base.id, 'smollm2-keeper'), title: 'keeper' },
    { name: hardened, title: 'keeper after DPO' },
  ];
}

async function merged(adapter: string, base: string, out: string): Promise<string> {
  if (existsSync(join(out, 'config.json'))) return out;
  await lab(['merge-adapter', adapter, '--base', base, '--out', out]);
  return out;
}
