/** @file The figures of the lab alone, as rows of the tables of bench/RESULTS.md. */
import type { Bench } from './bench.worker.ts';

/**
 * @param subject device, processors, browser and model
 * @returns cells by heading, the commit left out
 */
export function labRows(
  figures: Awaited<ReturnType<Bench>>,
  [device, processors, browser, model]: readonly string[],
): readonly (readonly [heading: string, cells: readonly string[]])[] {
  const subject = [`${device}, ${processors}`, browser!, model!];
  const { gcgStepsPerSecond: gcg, defenses } = figures;
  const { batchedOverOneByOne: gains, safeDecoding } = defenses;
  return [
    [
      '# Speed',
      [
        ...subject,
        'fp32',
        figures.prefillTokensPerSecond.toFixed(0),
        figures.decodeTokensPerSecond.toFixed(0),
        figures.labOverBare.toFixed(2),
        gcg.usual.toFixed(2),
        gcg.withoutPrefixCache.toFixed(2),
        gcg.probeSampling.toFixed(2),
        figures.trainingStepsPerSecond.toFixed(2),
      ],
    ],
    [
      '## Defenses',
      [
        ...subject,
        gains['smooth-llm'].toFixed(2),
        gains['ra-llm'].toFixed(2),
        gains['erase-and-check'].toFixed(2),
        safeDecoding.tokenTime.toFixed(2),
        safeDecoding.answerTime.toFixed(2),
        safeDecoding.firstTokenTime.toFixed(2),
      ],
    ],
  ];
}
