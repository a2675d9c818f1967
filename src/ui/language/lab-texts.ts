/** @file The cards of the lab in the language of the page. The worker, files and records have them in English. */
import { language } from './language.ts';

export type LabTexts = Readonly<Record<string, string>>;

/** Fields of cards that only people read. */
const shown: ReadonlySet<string> = new Set(['summary', 'description', 'unit', 'title']);

/** By English text; empty on an English page, and where the file is not on this device yet. */
export async function labTexts(): Promise<LabTexts> {
  if (language === 'en') return {};
  return (await import('virtual:lab-texts').catch(() => null))?.default ?? {};
}

/** Plain data with the texts of its cards replaced; one that is not known stays English. */
export function withLabTexts<T>(data: T, texts: LabTexts): T {
  const replaced = (value: unknown, field: string): unknown => {
    if (typeof value === 'string') return (shown.has(field) && texts[value]) || value;
    if (Array.isArray(value)) return value.map((entry) => replaced(entry, ''));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([name, entry]) => [name, replaced(entry, name)]));
  };
  return Object.keys(texts).length === 0 ? data : (replaced(data, '') as T);
}
