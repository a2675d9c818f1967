/** @file Files of the user's device and files that ship with the app. */
import { LabError } from '../core/errors.ts';

/** Save a file to the user's device. */
export const download = (name: string, type: string, content: string): void =>
  saveBlob(name, new Blob([content], { type }));

/** As `download`, for files of any size. */
export function saveBlob(name: string, content: Blob): void {
  const url = URL.createObjectURL(content);
  const link = Object.assign(document.createElement('a'), { href: url, download: name });
  link.click();
  // The click only queues the download; the blob must outlive it.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

/** A plan's name as a file name. */
export const fileName = (name: string): string =>
  name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '') || 'run';

/** Far above any plan or pack, far below what would freeze the page. */
const maxBytes = 20_000_000;

/**
 * Read a JSON file that the user chose.
 * @param advice what to choose instead of a file that is not JSON
 * @throws LabError 'bad-input'
 */
export async function readJson(file: File, advice: string): Promise<unknown> {
  if (file.size > maxBytes) throw new LabError('bad-input', `${file.name} is too large.`, { advice });
  try {
    return JSON.parse(await file.text());
  } catch (cause) {
    throw new LabError('bad-input', `${file.name} is not JSON.`, { advice, cause });
  }
}

/**
 * Fetch a JSON file that ships with the app.
 * @param parse checks what the file holds; what it throws is thrown
 * @throws LabError 'unreachable' when the file cannot be had, 'bad-input' when it is not JSON
 */
export async function fetchShipped<T>(path: string, parse: (input: unknown) => T): Promise<T> {
  const text = await fetchShippedText(path);
  let input: unknown;
  try {
    input = JSON.parse(text);
  } catch (cause) {
    throw new LabError('bad-input', `${path} is not JSON.`, { advice: shippedAdvice, cause });
  }
  return parse(input);
}

const shippedAdvice =
  'Reload the page. If that does not help, press Repair on the About page; runs are kept.';

/** Fetch a text file that ships with the app. @throws LabError 'unreachable' when it cannot be had */
export async function fetchShippedText(path: string): Promise<string> {
  const unreachable = (what: string, cause?: unknown) =>
    new LabError('unreachable', `${path} ${what}.`, { advice: shippedAdvice, cause });
  try {
    const response = await fetch(new URL(path, document.baseURI));
    if (!response.ok) throw unreachable(`answered ${response.status}`);
    return await response.text();
  } catch (cause) {
    throw cause instanceof LabError ? cause : unreachable('could not be fetched', cause);
  }
}
