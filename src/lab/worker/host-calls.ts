/** @file The calls that a worker is working on, which the page can cancel, pause and resume by their ids. */
import { outcomeOf, type Outcome } from '../../core/errors.ts';
import { createPausePoint, type PausePoint } from '../run/pause.ts';
import type { LabApi } from './api.ts';

export interface HostCalls extends Pick<LabApi, 'cancel' | 'pause' | 'resume'> {
  /** Work that can be reached under `callId` while it lasts. */
  stoppable<T>(
    callId: string,
    work: (signal: AbortSignal, pausePoint: PausePoint) => Promise<T>,
  ): Promise<Outcome<T>>;
}

export function createHostCalls(): HostCalls {
  const calls = new Map<string, { readonly controller: AbortController; readonly pausePoint: PausePoint }>();
  return {
    async stoppable(callId, work) {
      const call = { controller: new AbortController(), pausePoint: createPausePoint() };
      calls.set(callId, call);
      const outcome = await outcomeOf(() => work(call.controller.signal, call.pausePoint));
      call.pausePoint.resume();
      if (calls.get(callId) === call) calls.delete(callId);
      return outcome;
    },
    cancel: async (callId) => calls.get(callId)?.controller.abort(),
    pause: async (callId) => calls.get(callId)?.pausePoint.pause() ?? false,
    resume: async (callId) => calls.get(callId)?.pausePoint.resume(),
  };
}
