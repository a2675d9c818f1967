/** @file The formats of other tools that a run can be written in. */
import { aisafetylab } from './aisafetylab.ts';
import type { Format, FormatSource } from './format.ts';
import { inspectLog } from './inspect-log.ts';
import { jailbreakbench } from './jailbreakbench.ts';

export type { Format, FormatSource } from './format.ts';

export const formats = {
  aisafetylab: { title: 'AISafetyLab rows', extension: 'aisafetylab.jsonl', open: aisafetylab },
  inspect: { title: 'Inspect log', extension: 'inspect.json', open: inspectLog },
  jailbreakbench: {
    title: 'JailbreakBench artifacts',
    extension: 'jailbreakbench.jsonl',
    open: jailbreakbench,
  },
} as const satisfies Readonly<
  Record<string, { title: string; extension: string; open: (source: FormatSource) => Format }>
>;

export type FormatName = keyof typeof formats;
export const formatNames = Object.keys(formats) as FormatName[];
