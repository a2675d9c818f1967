/** @file A log as Inspect reads it: one JSON object with a sample per trial. */
import type { TrialRecord } from '../../records/trial.ts';
import { totalUsage, type Usage } from '../../records/usage.ts';
import type { Format, FormatSource } from './format.ts';

const stopReasons = {
  end: 'stop',
  length: 'max_tokens',
  'stop-string': 'stop',
  blocked: 'content_filter',
  failed: 'unknown',
} as const;

export function inspectLog({ plan, device, versions, startedAt, evaluators }: FormatSource): Format {
  const model = plan.models.targets.join(',');
  const header = {
    version: 2,
    status: 'success',
    eval: {
      created: startedAt,
      task: plan.name,
      dataset: { name: plan.behaviors.map((source) => ('set' in source ? source.set : 'own')).join(', ') },
      model,
      config: { epochs: 1 },
      packages: versions,
      metadata: { seed: plan.seed, device },
    },
    plan: { name: 'glovebox', steps: [] },
  };
  let samples = 0;
  return {
    head: `${JSON.stringify(header).slice(0, -1)},"samples":[\n`,
    trial: (record) => `${samples++ === 0 ? '' : ',\n'}${JSON.stringify(sampleOf(record))}`,
    tail() {
      const scores = evaluators.map(({ id }) => ({ name: id, scorer: id, params: {}, metrics: {} }));
      const results = { total_samples: samples, completed_samples: samples, scores };
      return `\n],"results":${JSON.stringify(results)},"stats":${JSON.stringify({ started_at: startedAt, completed_at: startedAt, model_usage: {} })}}\n`;
    },
  };
}

function sampleOf(record: TrialRecord) {
  const { model, attack, defense, mode, behavior, behaviorDetail, attackResult, response, finishReason } =
    record;
  const messages = attackResult.messages.map(({ role, content }) => ({ role, content }));
  const answer = { role: 'assistant', content: response };
  const usage = usageOf(totalUsage(record.usage));
  return {
    id: [model, defense, attack, ...(mode ? [mode] : []), behavior].join('/'),
    epoch: 1,
    input: behaviorDetail.prompt,
    target: behaviorDetail.target,
    messages: [...messages, answer],
    output: {
      model,
      choices: [{ message: answer, stop_reason: stopReasons[finishReason] }],
      completion: response,
      usage,
      ...(record.error && { error: record.error.message }),
    },
    // What an evaluator could not tell is no score.
    scores: Object.fromEntries(
      Object.entries(record.scores).flatMap(([id, { value, label, explanation }]) =>
        value === null ? [] : [[id, { value, answer: label, explanation }]],
      ),
    ),
    metadata: {
      attack,
      defense,
      mode,
      kind: behaviorDetail.kind,
      category: behaviorDetail.category,
      seed: record.seed,
    },
    model_usage: { [model]: usage },
    started_at: record.times.startedAt,
    total_time: (record.times.attackMs + record.times.answerMs + record.times.scoreMs) / 1000,
  };
}

const usageOf = ({ promptTokens, completionTokens }: Usage) => ({
  input_tokens: promptTokens ?? 0,
  output_tokens: completionTokens ?? 0,
  total_tokens: (promptTokens ?? 0) + (completionTokens ?? 0),
});
