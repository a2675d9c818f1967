/** @file What is finished of a run while it goes on. */
import { startStopwatch } from '../../core/stopwatch.ts';
import { isAdaptive } from '../plan/attack-mode.ts';
import { undefended } from '../plan/plan.ts';
import { digestOf, type TrialDigest } from '../records/digest.ts';
import type { RunEvent } from '../records/events.ts';
import type { RunOverview } from '../records/overview.ts';
import type { TrialRecord } from '../records/trial.ts';
import type { RunWriter } from '../store/run-writer.ts';
import type { ExpandedPlan, Trial } from '../trials/trials.ts';

/** What is finished of a run, and where the outcome of each attack is recorded. */
export interface Progress {
  readonly finished: number;
  has(place: number): boolean;
  add(place: number, record: TrialRecord): void;
  /** Place of the trial in which the attack of `trial` is made and recorded: itself, or the undefended one. */
  attackedAt(trial: Trial): number | undefined;
  /** `undefined` for a run that is kept, and summarized, elsewhere. */
  overview(): RunOverview | undefined;
  /** The overview as an event, if there is one. */
  overviewEvent(): Iterable<RunEvent>;
  /** Whether it is time for another one. */
  isOverviewDue(): boolean;
}

/** Pages get an overview at most this often, ms; and making them takes at most a twentieth of the time. */
const overviewEveryMs = 250;
const timeForOverviews = 1 / 20;

/** @param summarized the overview of finished trials in the order of the plan */
export function trackProgress(
  writer: RunWriter,
  { chunks }: ExpandedPlan,
  summarized: (digests: readonly TrialDigest[]) => RunOverview,
): Progress {
  const finished = new Set(writer.places);
  const digests = writer.digests && new Map(writer.digests.map(({ place, digest }) => [place, digest]));
  const attackedAt = new Map<string, number>();
  for (const { stack, trials } of chunks)
    if (stack.name === undefended) for (const { place, seed } of trials) attackedAt.set(seed, place);
  let dueAt = performance.now() + overviewEveryMs;
  const overview = () => {
    if (digests === null) return undefined;
    const watch = startStopwatch();
    const inOrder = [...digests].toSorted(([a], [b]) => a - b).map(([, digest]) => digest);
    const made = summarized(inOrder);
    dueAt = performance.now() + Math.max(overviewEveryMs, watch.elapsedMs() / timeForOverviews);
    return made;
  };
  return {
    get finished() {
      return finished.size;
    },
    has: (place) => finished.has(place),
    add(place, record) {
      finished.add(place);
      digests?.set(place, digestOf(record));
    },
    attackedAt: ({ key, place, seed }) => (isAdaptive(key) ? place : attackedAt.get(seed)),
    overview,
    overviewEvent() {
      const made = overview();
      return made ? [{ type: 'overview', overview: made }] : [];
    },
    isOverviewDue: () => performance.now() >= dueAt,
  };
}
