/** @file `attack`: one attack on one behavior, printed step by step. */
import type { AttackStep } from '../../src/attacks/attack.ts';
import type { Behavior } from '../../src/core/behavior.ts';
import { sumOfCounts } from '../../src/core/counts.ts';
import { countOrUnknown, plural } from '../../src/core/format.ts';
import type { PackName } from '../../src/core/templates.ts';
import { completeRequest, findBehavior, ownBehavior, readAttack } from './choices.ts';
import { badUsage, readInput, readLongInput, valueOf } from './failure.ts';
import { readTemplates } from './json-file.ts';
import { requestedModels, withModelIds } from './models/named.ts';
import { printScores, requestFields, type RequestOptions } from './request.ts';
import { inSession } from './session.ts';

interface BehaviorOptions {
  readonly behavior?: string;
  readonly request?: string;
  readonly target?: string;
}

export interface AttackOptions extends RequestOptions, BehaviorOptions {
  readonly option: readonly string[];
  readonly texts?: PackName;
  readonly templates?: string;
  readonly adaptive?: true;
}

/** @throws CommandError unless either a behavior or a request is given */
function behaviorOf({ behavior, request, target }: BehaviorOptions): Behavior {
  if ((behavior === undefined) === (request === undefined))
    throw badUsage('Name a --behavior of a set, or write your own --request.');
  return behavior === undefined ? ownBehavior(request!, target) : findBehavior(behavior);
}

export async function attack(id: string, given: AttackOptions): Promise<void> {
  const options = await readLongInput(() => withModelIds(given));
  const request = readInput(() => {
    const choice = readAttack(id, options.option);
    const behavior = behaviorOf(options);
    const request = {
      ...requestFields(options),
      attack: choice,
      behavior,
      ...(options.adaptive && { attackMode: 'adaptive' as const }),
      ...(options.texts !== undefined && { texts: options.texts }),
      ...(options.templates !== undefined && { templates: readTemplates(options.templates) }),
    };
    return completeRequest(request, behavior, options.role);
  });
  const { json } = options;
  const onStep = (event: unknown) => {
    const step = event as AttackStep;
    if (json) return console.log(JSON.stringify(step));
    const loss = step.loss === undefined ? '' : `  loss ${step.loss.toFixed(3)}`;
    console.error(`step ${step.step}${loss}  ${step.candidate ?? ''}`);
  };
  const reply = valueOf(
    await inSession(
      options.device,
      { onEvent: onStep, precision: options.precision, models: requestedModels(request) },
      (page) => page.evaluate((value) => globalThis.glovebox!.attack(value), request),
    ),
  );
  const { messages, assistantPrefix, assistantThought, loss } = reply.result;
  const { queries, promptTokens, completionTokens } = reply.target;
  const result = {
    messages,
    ...(assistantPrefix === undefined ? {} : { assistantPrefix }),
    ...(assistantThought && { assistantThought }),
    response: reply.generation.text,
    ...(reply.generation.thoughts !== undefined && { thoughts: reply.generation.thoughts }),
    scores: reply.scores,
    queries,
    tokens: sumOfCounts([promptTokens, completionTokens]),
    ...(loss === undefined ? {} : { loss }),
  };
  if (json) return console.log(JSON.stringify({ result }));
  for (const { role, content } of messages) console.log(`${role}: ${content}`);
  if (assistantThought) console.log(`(assistant thought: ${assistantThought.text})`);
  if (assistantPrefix !== undefined) console.log(`(assistant prefix: ${assistantPrefix})`);
  console.log(`assistant: ${result.response}`);
  printScores(result.scores);
  console.log(`${plural(queries, 'query', 'queries')}, ${countOrUnknown(result.tokens)} tokens`);
}
