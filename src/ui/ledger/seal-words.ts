/** @file Words for what the seal counts and refuses. The lab records them in English, whatever the page speaks. */
import type { ChannelResult } from '../../lab/seal/page-selftest.ts';

export const refusedByWords: Readonly<Record<ChannelResult['refusedBy'], string>> = {
  policy: /* @wc-include */ 'policy',
  watch: /* @wc-include */ 'watch',
  'service worker': 'service worker',
  'browser lacks it': 'browser lacks it',
  unseen: /* @wc-include */ 'unseen',
};

/** Ways out that have a name in words; others are named as code names them. */
const ways: readonly (readonly [recorded: string, shown: string])[] = [
  [/* @wc-ignore */ 'image', /* @wc-include */ 'image'],
  [/* @wc-ignore */ 'style sheet image', 'style sheet image'],
  [/* @wc-ignore */ 'font', /* @wc-include */ 'font'],
  [/* @wc-ignore */ 'dynamic import', 'dynamic import'],
  [/* @wc-ignore */ 'frame with a document of its own', 'frame with a document of its own'],
  [/* @wc-ignore */ 'sandboxed frame with a preload', 'sandboxed frame with a preload'],
  [/* @wc-ignore */ 'fetch of an empty frame', 'fetch of an empty frame'],
  [/* @wc-ignore */ 'form', /* @wc-include */ 'form'],
  [/* @wc-ignore */ 'ping of a link', 'ping of a link'],
  [/* @wc-ignore */ 'worker from text', 'worker from text'],
  [/* @wc-ignore */ 'worker that imports', 'worker that imports'],
  [/* @wc-ignore */ 'shared worker from text', 'shared worker from text'],
  [/* @wc-ignore */ 'worker of another host', 'worker of another host'],
  [/* @wc-ignore */ 'payment', /* @wc-include */ 'payment'],
  [/* @wc-ignore */ 'window by script', 'window by script'],
  [/* @wc-ignore */ 'navigation by script', 'navigation by script'],
];
export const wayWords = (title: string): string =>
  ways.find(([recorded]) => recorded === title)?.[1] ?? title;

const whole: Readonly<Record<string, string>> = {
  [/* @wc-ignore */ 'app files']: 'app files',
  [/* @wc-ignore */ 'from this device']: 'from this device',
  endpoint: /* @wc-include */ 'endpoint',
  [/* @wc-ignore */ 'set as mirror of the hub']: 'set as mirror of the hub',
  [/* @wc-ignore */ 'no longer mirror of the hub']: 'no longer mirror of the hub',
  [/* @wc-ignore */ 'refused: another host']: 'refused: another host',
  [/* @wc-ignore */ 'refused: the airlock is closed']: 'refused: the airlock is closed',
};
/** With the name that follows. */
const begun: readonly (readonly [start: string, shown: (rest: string) => string])[] = [
  [/* @wc-ignore */ 'model ', (model) => `model ${model}`],
  [/* @wc-ignore */ 'file list of ', (repo) => `file list of ${repo}`],
  [/* @wc-ignore */ 'configuration of ', (repo) => `configuration of ${repo}`],
  [/* @wc-ignore */ 'refused: policy ', (directive) => `refused: policy ${directive}`],
  [/* @wc-ignore */ 'refused: ', (way) => `refused: ${wayWords(way)}`],
];
const redirected = /* @wc-ignore */ ', redirected';

/** Why a request was made, from what the ledger records. */
export function reasonWords(reason: string): string {
  if (reason.endsWith(redirected)) return `${reasonWords(reason.slice(0, -redirected.length))}, redirected`;
  const [start, shown] = begun.find(([first]) => reason.startsWith(first)) ?? [];
  return whole[reason] ?? (start && shown ? shown(reason.slice(start.length)) : reason);
}
