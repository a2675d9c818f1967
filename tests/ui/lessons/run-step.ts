/** @file Does the activity of a lesson's step on a lab, as the page does. */
import type { Behavior } from '../../../src/core/behavior.ts';
import type { Outcome } from '../../../src/core/errors.ts';
import type { Catalogue } from '../../../src/lab/plan/catalogue.ts';
import type { RunEvent } from '../../../src/lab/records/events.ts';
import type { TrainingEvent } from '../../../src/lab/records/training.ts';
import type { RunSummary } from '../../../src/lab/records/summary.ts';
import type { LabApi } from '../../../src/lab/worker/api.ts';
import { readMicroscopeLink } from '../../../src/ui/links/setups.ts';
import { relearningRequest } from '../../../src/ui/training/relearning.svelte.ts';
import { partAt } from '../../../src/ui/microscope/traces.ts';
import type { Activity, Results } from '../../../src/ui/lessons/lesson.ts';
import {
  attackRequest,
  chatRequest,
  comparedIn,
  microscopeLink,
  planOf,
  promptOf,
  trainingPlan,
} from '../../../src/ui/lessons/requests.ts';

const ignore = () => {};

function valueOf<T>(outcome: Outcome<T>): T {
  if (outcome.status === 'done') return outcome.value;
  throw new Error(JSON.stringify(outcome));
}

export interface LessonLab {
  readonly lab: LabApi;
  readonly catalogue: Catalogue;
  readonly behaviors: readonly Behavior[];
}

let calls = 0;
const callId = () => `lesson-${calls++}`;

export async function runActivity(
  activity: Activity,
  { lab, catalogue, behaviors }: LessonLab,
): Promise<Results[keyof Results]> {
  const behaviorOf = (id: string) => {
    const found = behaviors.find((behavior) => behavior.id === id);
    if (!found) throw new Error(`There is no behavior "${id}".`);
    return found;
  };
  switch (activity.kind) {
    case 'ask': {
      const replies: Results['ask'][number][] = [];
      for (const ask of activity.asks) {
        const behavior = behaviorOf(ask.behavior);
        const messages = [{ role: 'user' as const, content: promptOf(ask, behavior) }];
        const request = { ...chatRequest(ask, behavior, activity, catalogue), messages };
        replies.push(valueOf(await lab.chat(callId(), request, ignore, ignore)));
      }
      return replies;
    }
    case 'tokens': {
      const { model, prompt, lanes, maxNewTokens } = readMicroscopeLink(microscopeLink(activity))!;
      const [defended, plain] = await Promise.all(
        lanes!.map(async (lane) => {
          const request = {
            ...{ model: model!, seed: 0, topTokens: 20, roles: catalogue.roles },
            messages: [{ role: 'user' as const, content: prompt! }],
            defenses: lane!.defense ? [{ id: lane!.defense, options: lane!.options ?? {} }] : [],
            sampling: { temperature: 0, topP: 1, maxNewTokens: maxNewTokens! },
          };
          return valueOf(await lab.chat(callId(), request, ignore, ignore)).generation.tokens;
        }),
      );
      return { plain: plain!, defended: defended!, parting: partAt(defended!, plain!) };
    }
    case 'attack':
      return valueOf(
        await lab.attack(callId(), attackRequest(activity, behaviorOf(activity.behavior), catalogue), ignore),
      );
    case 'plan': {
      let summary: RunSummary | null = null;
      const take = (events: readonly RunEvent[]) => {
        for (const event of events) if (event.type === 'overview') summary = event.overview.summary;
      };
      const id = callId();
      valueOf(await lab.run(id, planOf('Lesson', activity, catalogue), take));
      return summary ?? valueOf(await lab.overview(id)).summary;
    }
    case 'train': {
      const measured = async (trained: string | null) =>
        valueOf(await lab.relearning(callId(), relearningRequest(comparedIn(activity, trained)), ignore));
      const { model, training } = activity;
      if (!training) return measured(null);
      let id = '';
      const take = (events: readonly TrainingEvent[]) => {
        for (const event of events) if (event.type === 'begin') id = event.info.id;
      };
      valueOf(await lab.train(callId(), trainingPlan(model, training), take));
      return measured(valueOf(await lab.keepTrained(callId(), id, training.title)).model.id);
    }
    default:
      return activity satisfies never;
  }
}
