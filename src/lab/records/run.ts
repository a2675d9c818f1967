/** @file A run as it is stored and listed: its plan, its device and its progress. */
import type { RunArtifact } from '../plan/artifacts.ts';
import type { Plan } from '../plan/plan.ts';
import type { TrialDigest } from './digest.ts';

export interface DeviceInfo {
  readonly kind: 'webgpu' | 'wasm';
  /** Adapter description on WebGPU; threads on WASM. */
  readonly description: string;
  readonly threads: number;
}

export type RunState = 'running' | 'paused' | 'stopped' | 'done' | 'failed';

/** A run without its plan, which may spell out thousands of behaviors. */
export interface RunInfo {
  readonly id: string;
  /** Of its plan. */
  readonly name: string;
  readonly device: DeviceInfo;
  readonly versions: Readonly<Record<string, string>>;
  readonly createdAt: string;
  readonly state: RunState;
  readonly finished: number;
  readonly total: number;
}

export type DeviceKind = DeviceInfo['kind'];

/** What the files of a run say about it besides its trials. */
export interface RunHead {
  readonly plan: Plan;
  readonly versions: Readonly<Record<string, string>>;
  readonly device: DeviceInfo;
  /** ISO 8601. */
  readonly startedAt: string;
}

/** A run with what its analysis reads of each trial. */
export interface RunContents extends RunHead {
  /** In the order of the plan. */
  readonly digests: readonly TrialDigest[];
  /** What its defenses learned, where it is known. */
  readonly artifacts?: readonly RunArtifact[];
}
