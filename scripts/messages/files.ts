/** @file The modules whose text a reader of the page sees. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';

/** Modules of src/ui whose text goes into prompts, plans, names of records, and files: it is the same in every language. */
const never: readonly string[] = [
  'src/ui/components/icons.ts',
  'src/ui/home/demo.ts',
  'src/ui/home/hero.ts',
  'src/ui/language/language.ts',
  'src/ui/lessons/requests.ts',
  'src/ui/links/command.ts',
  'src/ui/matrix/suggested-name.ts',
  'src/ui/ramp.ts',
  'src/ui/training/before-and-after.ts',
];

/**
 * Modules of the lab that write sentences and numbers for the page. In workers, Node and the command line they are not
 * compiled so, and speak English; so do files that the page saves.
 */
const ofTheLab: readonly string[] = [
  'src/core/errors.ts',
  'src/core/format.ts',
  'src/lab/analysis/answer-words.ts',
  'src/lab/analysis/conclusions.ts',
  'src/lab/analysis/figures/insight-files.ts',
  'src/lab/analysis/figures/insight-findings.ts',
  'src/lab/analysis/figures/layer-map.ts',
  'src/lab/analysis/figures/relearning-findings.ts',
  'src/lab/analysis/formats/names.ts',
  'src/lab/analysis/hardened.ts',
  'src/lab/analysis/headline.ts',
  'src/lab/analysis/pairs.ts',
  'src/lab/analysis/target-words.ts',
  'src/lab/plan/run-limits.ts',
  'src/lab/plan/set-card.ts',
  'src/lab/records/run-estimate.ts',
  'src/lab/vault/grading.ts',
  'src/lab/vault/levels.ts',
  'src/lab/vault/what-beat-what.ts',
  'src/models/fit/fit.ts',
];

/** @param path from the root of the project */
export const hasText = (path: string): boolean =>
  ofTheLab.includes(path) ||
  (path.startsWith('src/ui/') && /\.(svelte|ts)$/.test(path) && !never.includes(path));

/** Sorted. @param root folder of the project */
export const filesWithText = (root: string): readonly string[] => [
  ...readdirSync(join(root, 'src/ui'), { recursive: true, encoding: 'utf8' })
    .map((path) => `src/ui/${path.replaceAll('\\', '/')}`)
    .filter(hasText)
    .toSorted(),
  ...ofTheLab,
];
