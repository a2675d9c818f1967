/** @file The folder of a training that the command line keeps on disk, as the lab sees it. */
import type { Bytes, KeptFolder } from '../training/kept-folder.ts';

/** What the command line answers. Everything that crosses is plain data: bytes as base64, in parts. */
export type FolderCall =
  | readonly ['list']
  | readonly ['size', path: string]
  | readonly ['read', path: string, from: number, to: number]
  | readonly ['append', path: string, part: string]
  | readonly ['commit' | 'remove', path: string];

/** Bytes of one message; the browser refuses messages of more than some tens of megabytes. */
const partBytes = 6 * 2 ** 20;

export function commandLineFolder(ask: (call: FolderCall) => Promise<unknown>): KeptFolder {
  return {
    list: async () => (await ask(['list'])) as readonly string[],
    async read(path) {
      const size = (await ask(['size', path])) as number | null;
      if (size === null) return null;
      const bytes = new Uint8Array(size);
      for (let at = 0; at < size; at += partBytes)
        bytes.set(
          await fromBase64((await ask(['read', path, at, Math.min(size, at + partBytes)])) as string),
          at,
        );
      return bytes;
    },
    async write(path, bytes) {
      for (let at = 0; at < bytes.byteLength; at += partBytes)
        await ask(['append', path, await toBase64(bytes.slice(at, at + partBytes))]);
      await ask(['commit', path]);
    },
    remove: async (path) => void (await ask(['remove', path])),
  };
}

const toBase64 = (bytes: Bytes): Promise<string> =>
  new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve((reader.result as string).split(',')[1] ?? '');
    reader.onerror = () => reject(reader.error ?? new Error('The bytes cannot be read.'));
    reader.readAsDataURL(new Blob([bytes]));
  });

function fromBase64(text: string): Bytes {
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}
