/** @file Reads a JSON file that the user chose. */
import { LabError } from '../core/errors.ts';

/** Far above any plan or pack, far below what would freeze the page. */
const mostBytes = 20_000_000;

/** @param advice what to choose instead of a file that is not JSON @throws LabError 'bad-input' */
export async function readJson(file: File, advice: string): Promise<unknown> {
  if (file.size > mostBytes) throw new LabError('bad-input', `${file.name} is too large.`, { advice });
  try {
    return JSON.parse(await file.text());
  } catch (cause) {
    throw new LabError('bad-input', `${file.name} is not JSON.`, { advice, cause });
  }
}
