/** @file A run as it is stored and listed: its plan, the device it ran on, and how far it has come. */
import type { Plan } from '../plan/plan.ts';
import type { TrialRecord } from './trial.ts';

export interface DeviceInfo {
  readonly kind: 'webgpu' | 'wasm';
  /** Adapter description on WebGPU; threads on WASM. */
  readonly description: string;
  readonly threads: number;
}

export type RunState = 'running' | 'paused' | 'stopped' | 'done' | 'failed';

export interface RunInfo {
  readonly id: string;
  readonly plan: Plan;
  readonly device: DeviceInfo;
  readonly versions: Readonly<Record<string, string>>;
  readonly createdAt: string;
  readonly state: RunState;
  readonly finished: number;
  readonly total: number;
}

export type DeviceKind = DeviceInfo['kind'];

/** A run as its folder holds it. */
export interface RunContents {
  readonly plan: Plan;
  readonly versions: Readonly<Record<string, string>>;
  readonly device: DeviceInfo;
  /** ISO 8601. */
  readonly startedAt: string;
  readonly records: readonly TrialRecord[];
}
