/** @file Peers in Python: a process of `bench/peers/` that does one step for each line it is sent. */
import { spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Subject } from './subject.ts';

const python = process.env['GLOVEBOX_PYTHON'] || 'python3';
const folder = fileURLToPath(new URL('./peers/', import.meta.url));

type Answer =
  | { readonly ready: { readonly torch: string; readonly tokens?: object } }
  | { readonly missing: string }
  | { readonly ms: number };

/** A peer that could not be had, with the sentence that says why. */
export class PeerMissing extends Error {}

/**
 * @param name of a file in `bench/peers/`
 * @param parameters passed on as JSON
 * @throws PeerMissing without Python or a package of it, or when the peer fails
 */
export async function openPeer(name: string, parameters: object): Promise<Subject> {
  if (spawnSync(python, ['--version']).status !== 0)
    throw new PeerMissing(`There is no ${python}; GLOVEBOX_PYTHON names another Python, with torch in it.`);
  const child = spawn(python, [join(folder, `${name}.py`), JSON.stringify(parameters)], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, OMP_NUM_THREADS: undefined, TOKENIZERS_PARALLELISM: 'false' },
  });
  let complaints = '';
  child.stderr.on('data', (text) => (complaints = `${complaints}${text}`.slice(-2000)));
  child.stdin.on('error', () => undefined); // its end is seen on the other stream
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  const answer = async (): Promise<Answer> => {
    const { value, done } = await lines.next();
    if (done) throw new PeerMissing(`${name}.py ended: ${lastLine(complaints)}`);
    return JSON.parse(value) as Answer;
  };
  const first = await answer();
  if ('missing' in first) throw new PeerMissing(first.missing);
  if (!('ready' in first)) throw new Error(`${name}.py did not say that it is ready.`);
  return {
    about: `PyTorch ${first.ready.torch.split('+')[0]}, float32, CPU`,
    async round() {
      child.stdin.write('\n');
      const reply = await answer();
      if ('ms' in reply) return reply.ms;
      throw new Error(`${name}.py did not say how long a step took.`);
    },
    async close() {
      const ended = new Promise((resolve) => child.once('close', resolve));
      child.stdin.end();
      child.kill();
      await ended;
    },
  };
}

const lastLine = (text: string): string => text.trim().split('\n').at(-1) || 'without a word';
