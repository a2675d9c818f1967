/** @file In which encoding a text file is written, and its text, read piece by piece. */
import { LabError } from '../../core/errors.ts';

/** Those that spreadsheets and editors write, by their names in the Encoding standard. */
export const encodings = [
  'utf-8',
  'utf-16le',
  'utf-16be',
  'windows-1252',
  'windows-1251',
  'gb18030',
  'shift_jis',
  'euc-kr',
] as const;
export type Encoding = (typeof encodings)[number];

export interface Reading {
  readonly signal?: AbortSignal | undefined;
  /** Told how many bytes have been read. */
  readonly onBytes?: ((bytes: number) => void) | undefined;
}

const bytesPerPiece = 2 ** 20;

async function* piecesOf(file: Blob, { signal, onBytes }: Reading): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < file.size; at += bytesPerPiece) {
    signal?.throwIfAborted();
    yield new Uint8Array(await file.slice(at, at + bytesPerPiece).arrayBuffer());
    onBytes?.(Math.min(file.size, at + bytesPerPiece));
  }
}

/** First bytes of files that are no text, and what to do about each. */
const notText: readonly (readonly [start: readonly number[], name: string, advice: string])[] = [
  [[0x50, 0x4b, 3, 4], 'a zip file or an Excel workbook', 'In Excel, save the sheet as “CSV UTF-8”.'],
  [[0x50, 0x41, 0x52, 0x31], 'a Parquet file', 'Export it as JSON Lines or CSV.'],
  [[0x1f, 0x8b], 'a gzip file', 'Unpack it first.'],
];

/**
 * By its byte order mark; else UTF-16 by its zero bytes, UTF-8 if all of the file is that, and Windows-1252 if not.
 * @throws LabError 'bad-input' for a file that is no text, or the signal's reason
 */
export async function detectEncoding(file: Blob, reading: Reading = {}): Promise<Encoding> {
  const head = new Uint8Array(await file.slice(0, 4096).arrayBuffer());
  const startsWith = (start: readonly number[]) => start.every((byte, i) => head[i] === byte);
  if (startsWith([0xef, 0xbb, 0xbf])) return 'utf-8';
  if (startsWith([0xff, 0xfe])) return 'utf-16le';
  if (startsWith([0xfe, 0xff])) return 'utf-16be';
  for (const [start, name, advice] of notText)
    if (startsWith(start)) throw new LabError('bad-input', `The file is ${name}, not text.`, { advice });
  const zeros = [0, 0];
  head.forEach((byte, i) => byte === 0 && zeros[i % 2]!++);
  const [even, odd] = zeros as [number, number];
  // Text in Latin letters has a zero in every second place.
  if (odd > head.length / 8 && even === 0) return 'utf-16le';
  if (even > head.length / 8 && odd === 0) return 'utf-16be';
  if (even + odd > 0)
    throw new LabError('bad-input', 'The file holds zero bytes, so it is not text.', {
      advice: 'Choose a CSV, JSON Lines or JSON file.',
    });
  const decoder = new TextDecoder('utf-8', { fatal: true });
  try {
    for await (const piece of piecesOf(file, reading)) decoder.decode(piece, { stream: true });
    decoder.decode();
    return 'utf-8';
  } catch (error) {
    if (error instanceof TypeError) return 'windows-1252';
    throw error;
  }
}

/**
 * The text of a file without its byte order mark. Line ends are `\n`, whatever system wrote them; bytes that the
 * encoding does not have become U+FFFD.
 */
export async function* textOf(file: Blob, encoding: Encoding, reading: Reading = {}): AsyncGenerator<string> {
  const decoder = new TextDecoder(encoding);
  /** A carriage return whose line feed may come with the next piece. */
  let held = '';
  const plain = (text: string) => text.replace(/\r\n?/g, '\n');
  for await (const piece of piecesOf(file, reading)) {
    const text = held + decoder.decode(piece, { stream: true });
    held = text.endsWith('\r') ? '\r' : '';
    yield plain(held === '' ? text : text.slice(0, -1));
  }
  yield plain(held + decoder.decode());
}
