/** @file The app on a host whose files can be replaced by wrong ones and put right again. */
import { linkSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { dist, ensureBuilt } from '../build.ts';
import { serve, type LocalServer } from '../serve.ts';

const filesIn = (folder: string) =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1));

export interface WrongHost {
  readonly url: string;
  /** The files of the site that match, as paths. */
  files(pattern: RegExp): readonly string[];
  answer(file: string, content: string | Uint8Array): void;
  setRight(file: string): void;
  stop(): Promise<void>;
  startAgain(): Promise<void>;
  close(): Promise<void>;
}

export async function openWrongHost(): Promise<WrongHost> {
  await ensureBuilt();
  const folder = mkdtempSync(join(tmpdir(), 'glovebox-host-'));
  for (const file of filesIn(dist)) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    linkSync(join(dist, file), join(folder, file));
  }
  let server: LocalServer = await serve({ folder, port: 0, headers: true });
  const { url } = server;
  const remove = (file: string) => rmSync(join(folder, file));
  return {
    url,
    files: (pattern) => filesIn(folder).filter((file) => pattern.test(file)),
    answer(file, content) {
      remove(file);
      writeFileSync(join(folder, file), content);
    },
    setRight(file) {
      remove(file);
      linkSync(join(dist, file), join(folder, file));
    },
    stop: () => server.close(),
    async startAgain() {
      server = await serve({ folder, port: Number(new URL(url).port), headers: true });
    },
    async close() {
      await server.close();
      rmSync(folder, { recursive: true });
    },
  };
}
