/** @file What writes the formats that a run is given in, by name. */
import { aisafetylab } from './aisafetylab.ts';
import type { Format, FormatSource } from './format.ts';
import { inspectLog } from './inspect-log.ts';
import { jailbreakbench } from './jailbreakbench.ts';
import { labelsFile } from './labels.ts';
import { formatFiles, type FormatName } from './names.ts';

export type { Format, FormatSource } from './format.ts';
export type { FormatName } from './names.ts';

interface FormatWriter {
  readonly title: string;
  readonly extension: string;
  readonly open: (source: FormatSource) => Format;
}

export const formats: Readonly<Record<FormatName, FormatWriter>> = {
  aisafetylab: { ...formatFiles.aisafetylab, open: aisafetylab },
  inspect: { ...formatFiles.inspect, open: inspectLog },
  labels: { ...formatFiles.labels, open: labelsFile },
  jailbreakbench: { ...formatFiles.jailbreakbench, open: jailbreakbench },
};
