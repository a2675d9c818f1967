/** @file Names a run by a hash of its plan and device, so that running the same plan again resumes the same run. */
import { calibratesGuards } from '../plan/false-positives.ts';
import type { Plan } from '../plan/plan.ts';
import type { PrecisionWish } from '../../models/precision.ts';
import type { DeviceKind } from './run.ts';

/**
 * Equal for equal plans (the seed is part of one) on the same kind of device, where the same precision was asked for;
 * safe in URLs and file names. A run whose guards are calibrated by the rate of its plan is told from one of the same plan
 * with fixed thresholds.
 */
export async function runIdOf(
  plan: Plan,
  device: DeviceKind,
  precision: PrecisionWish = 'auto',
): Promise<string> {
  const { $schema: _, ...content } = plan;
  const bytes = new TextEncoder().encode(
    JSON.stringify([
      device,
      content,
      ...(precision === 'auto' ? [] : [precision]),
      ...(calibratesGuards(plan) ? ['guards-calibrated'] : []),
    ]),
  );
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return Array.from(digest.slice(0, 10), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
