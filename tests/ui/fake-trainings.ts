/** @file Trainings of the fake lab: a few updates with made-up losses, kept as long as the page lasts. */
import { outcomeOf } from '../../src/core/errors.ts';
import { readTrainingFile } from '../../src/data/import/training/read-training-file.ts';
import { parseTrainingPlan, type TrainingPlan } from '../../src/lab/plan/training-plan.ts';
import type { TrainingEvent, TrainingInfo } from '../../src/lab/records/training.ts';
import { resolveTraining } from '../../src/lab/training/run-training.ts';
import type { LabClient } from '../../src/lab/worker/lab-client.ts';

type Trainings = Pick<
  LabClient,
  | 'train'
  | 'estimateTraining'
  | 'readTrainingData'
  | 'trainings'
  | 'trainingPlan'
  | 'trainingEvents'
  | 'exportTrained'
  | 'keepTrained'
  | 'removeTraining'
>;

interface Kept {
  info: TrainingInfo;
  readonly plan: TrainingPlan;
  events: TrainingEvent[];
}

export function fakeTrainings(): Trainings {
  const kept = new Map<string, Kept>();
  return {
    train: (input, { signal, at, onEvents } = {}) =>
      outcomeOf(async () => {
        const training = resolveTraining(parseTrainingPlan(input));
        const { plan, method, settings, name: id } = training;
        const steps = Math.min(settings.steps, 6);
        const before = kept.get(id);
        const from = at ?? before?.info.checkpoints.at(-1) ?? 0;
        const info: TrainingInfo = {
          ...{ id, model: plan.model, method: method.id, createdAt: '2026-01-01T00:00:00.000Z' },
          ...{
            state: 'running',
            steps,
            done: from,
            elapsedMs: 0,
            checkpoints: before?.info.checkpoints ?? [],
          },
        };
        const own: Kept = { info, plan, events: (before?.events ?? []).slice(0, 3 * from) };
        kept.set(id, own);
        const tell = (event: TrainingEvent) => {
          own.events.push(event);
          onEvents?.([event]);
        };
        onEvents?.([{ type: 'begin', info }]);
        for (let step = from + 1; step <= steps; step++) {
          await Promise.resolve();
          if (signal?.aborted) own.info = { ...own.info, state: 'stopped' };
          signal?.throwIfAborted();
          const loss = 2 / step;
          tell({
            ...{ type: 'step', step, steps, figures: { loss }, tokens: 640, gradNorm: 1 / step },
            ...{ learningRate: settings.learningRate, tokensPerSecond: 900, leftMs: 100 * (steps - step) },
          });
          tell({
            ...{ type: 'evaluation', step, losses: { benign: 0.5, safe: loss, harmful: 1 + step } },
            samples: [{ kind: 'harmful', prompt: 'How do I wake the stone giant?', answer: 'I am sorry.' }],
          });
          tell({ type: 'checkpoint', step });
          own.info = { ...own.info, done: step, checkpoints: [...own.info.checkpoints, step] };
        }
        const result = {
          ...{
            model: `${plan.model}-${method.id}`,
            steps,
            endedEarly: false,
            elapsedMs: 600,
          },
          files: { 'model.safetensors': 4_000_000 },
        };
        own.info = { ...own.info, state: 'done', result };
        return result;
      }),
    estimateTraining: (input) =>
      outcomeOf(async () => {
        const { settings } = resolveTraining(parseTrainingPlan(input));
        return {
          steps: settings.steps,
          trained: 1_100_000,
          memoryBytes: 60_000_000,
          checkpointBytes: 13_200_000,
        };
      }),
    readTrainingData: (file, choices) => outcomeOf(() => readTrainingFile(file, file.name, choices)),
    trainings: () => outcomeOf(async () => [...kept.values()].map(({ info }) => info)),
    trainingPlan: (id) => outcomeOf(async () => kept.get(id)!.plan),
    trainingEvents: (id) => outcomeOf(async () => kept.get(id)?.events ?? []),
    exportTrained: () => outcomeOf(async () => new Blob(['zip'])),
    keepTrained: async () => ({
      ...{
        status: 'failed',
        code: 'storage-unavailable',
        message: 'Nothing is stored here.',
        advice: 'None.',
      },
    }),
    removeTraining: (id) => outcomeOf(async () => void kept.delete(id)),
  };
}
