/** @file From the digests of trials to what a page shows of their run. */
import type { RunArtifact } from '../plan/artifacts.ts';
import type { Plan } from '../plan/plan.ts';
import type { TrialDigest } from '../records/digest.ts';
import type { RunOverview } from '../records/overview.ts';
import type { Labels } from '../records/labels.ts';
import type { DeviceInfo } from '../records/run.ts';
import { summarize } from './summarize.ts';
import type { ScoringEvaluator } from './verdicts.ts';

/** @param evaluators cards of all evaluators */
export function overviewOf(
  plan: Plan,
  device: DeviceInfo,
  evaluators: readonly ScoringEvaluator[],
  digests: readonly TrialDigest[],
  labels: Labels | null = null,
  artifacts: readonly RunArtifact[] = [],
): RunOverview {
  const summary = summarize(plan, device, evaluators, digests, labels, artifacts);
  return { version: 1, finished: digests.length, summary };
}
