/** @file In which format a file of rows is written. */
import { textOf, type Encoding } from './encoding.ts';

export const formats = ['csv', 'jsonl', 'json', 'lines'] as const;
/** `csv`: with any separator. `lines`: one prompt per line. */
export type Format = (typeof formats)[number];

const byEnding: Readonly<Record<string, Format>> = {
  csv: 'csv',
  tsv: 'csv',
  jsonl: 'jsonl',
  ndjson: 'jsonl',
  txt: 'lines',
};

/** By the ending of its name, else by its beginning; files named .json often hold JSON Lines. */
export async function formatOf(file: Blob, name: string, encoding: Encoding): Promise<Format> {
  const ending = /\.(\w+)$/.exec(name)?.[1]?.toLowerCase() ?? '';
  if (byEnding[ending]) return byEnding[ending];
  let head = '';
  for await (const text of textOf(file.slice(0, 2 ** 18), encoding)) head += text;
  const start = head.trimStart();
  if (start.startsWith('[')) return 'json';
  if (!start.startsWith('{')) return ending === 'json' ? 'json' : 'csv';
  const [first = '', ...others] = start.split('\n');
  return others.some((line) => line.trim() !== '') && isJson(first) ? 'jsonl' : 'json';
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
