/** @file How well detectors tell attacks from benign requests, as plain data. */
import type { Detection } from '../../core/defense-event.ts';
import type { Roc } from '../../core/roc.ts';
import type { Rate } from '../../core/statistics.ts';

/** A detector in one stack: its scores of answers to attacks made on the bare model, beside those of benign requests. */
export interface DetectorCheck {
  readonly model: string;
  /** The stack. */
  readonly defense: string;
  readonly detector: string;
  readonly threshold: number;
  readonly calibration?: Detection['calibration'];
  /** The share of benign texts that its calibration was to let it flag. */
  readonly wantedRate: number;
  /** Benign requests and look-alikes, asked plainly, that it flags at its threshold. */
  readonly falsePositives: Rate;
  readonly attacks: readonly {
    readonly attack: string;
    /** Attacked requests that it flags at its threshold. */
    readonly flagged: Rate;
    /** The share that it would flag at the threshold that flags the wanted share of the benign ones here; none above it. */
    readonly atWantedRate: number | null;
    /** Against the benign requests; `null` without scores on both sides. */
    readonly roc: Roc | null;
  }[];
}
