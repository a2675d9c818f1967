/** @file The formats, those of other tools among them, that a run can be written in, by name: all that a page needs before one is written. */

export const formatFiles = {
  aisafetylab: { title: 'AISafetyLab rows', extension: 'aisafetylab.jsonl' },
  inspect: { title: 'Inspect log', extension: 'inspect.json' },
  labels: { title: 'Labels of a person', extension: 'labels.csv' },
  jailbreakbench: { title: 'JailbreakBench artifacts', extension: 'jailbreakbench.jsonl' },
} as const;

export type FormatName = keyof typeof formatFiles;
export const formatNames = Object.keys(formatFiles) as FormatName[];
