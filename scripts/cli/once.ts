/** @file `attack` and `chat`: one attempt, printed as it happens. */
import type { AttackStep } from '../../src/attacks/attack.ts';
import type { Behavior } from '../../src/core/behavior.ts';
import { registries } from '../../src/lab/trials/registries.ts';
import type { DeviceKind } from '../../src/lab/records/run.ts';
import { user } from '../../src/core/chat.ts';
import {
  findBehavior,
  ownBehavior,
  readDefense,
  readOptions,
  ruleEvaluators,
  completeRequest,
} from './choices.ts';
import { chatBehavior } from '../../src/lab/plan/request.ts';
import { badUsage, checking, valueOf } from './failure.ts';
import { readTemplates } from './json-file.ts';
import { inSession } from './session.ts';

export interface OnceOptions {
  readonly model: string;
  readonly defense: readonly string[];
  readonly role: readonly string[];
  readonly seed: number;
  readonly maxNewTokens: number;
  readonly temperature: number;
  readonly device: DeviceKind;
  readonly json?: true;
}

const commonFields = ({ model, defense, temperature, maxNewTokens, seed }: OnceOptions) => ({
  model,
  defenses: defense.map(readDefense),
  evaluators: ruleEvaluators(),
  sampling: { temperature, topP: 1, maxNewTokens },
  seed,
});

/** @throws CommandError unless a behavior or a request is named, and not both */
function behaviorOf(options: { behavior?: string; request?: string; target?: string }): Behavior {
  const { behavior, request, target } = options;
  if ((behavior === undefined) === (request === undefined))
    throw badUsage('Name a --behavior of a set, or write your own --request.');
  return behavior === undefined ? ownBehavior(request!, target) : findBehavior(behavior);
}

export async function attack(
  id: string,
  options: OnceOptions & {
    readonly behavior?: string;
    readonly request?: string;
    readonly target?: string;
    readonly option: readonly string[];
    readonly templates?: string;
  },
): Promise<void> {
  const request = checking(() => {
    const behavior = behaviorOf(options);
    const request = {
      ...commonFields(options),
      attack: { id, options: readOptions(registries.attacks.get(id).options, options.option) },
      behavior,
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
    await inSession(options.device, onStep, (page) =>
      page.evaluate((sent) => globalThis.glovebox!.attack(sent), request),
    ),
  );
  const { messages, assistantPrefix, loss } = reply.result;
  const { queries, promptTokens, completionTokens } = reply.target;
  const result = {
    messages,
    ...(assistantPrefix === undefined ? {} : { assistantPrefix }),
    response: reply.generation.text,
    scores: reply.scores,
    queries,
    tokens: promptTokens + completionTokens,
    ...(loss === undefined ? {} : { loss }),
  };
  if (json) return console.log(JSON.stringify({ result }));
  for (const { role, content } of messages) console.log(`${role}: ${content}`);
  if (assistantPrefix !== undefined) console.log(`(put in its mouth: ${assistantPrefix})`);
  console.log(`assistant: ${result.response}`);
  printScores(result.scores);
  console.log(`${queries} queries, ${result.tokens} tokens`);
}

export async function chat(
  options: OnceOptions & { readonly message: string; readonly system?: string; readonly topTokens: number },
): Promise<void> {
  const request = checking(() => {
    const context =
      options.system === undefined ? [] : [{ role: 'system' as const, content: options.system }];
    const request = {
      ...commonFields(options),
      messages: [...context, user(options.message)],
      topTokens: options.topTokens,
    };
    return completeRequest(request, chatBehavior(request), options.role);
  });
  const reply = valueOf(
    await inSession(
      options.device,
      () => {},
      (page) => page.evaluate((sent) => globalThis.glovebox!.chat(sent), request),
    ),
  );
  const { text, finishReason, tokens } = reply.generation;
  const result = {
    response: text,
    blocked: finishReason === 'blocked',
    ...(options.topTokens > 0 && tokens.length > 0
      ? { tokens: tokens.map(({ text, logProb, top, policy }) => ({ text, logProb, top, policy })) }
      : {}),
    scores: reply.scores,
  };
  if (options.json) return console.log(JSON.stringify(result));
  console.log(text);
  printScores(result.scores);
}

function printScores(scores: Readonly<Record<string, { value: number | null; label: string }>>): void {
  for (const [id, { value, label }] of Object.entries(scores))
    console.log(`${id.padEnd(20)} ${value === null ? 'could not tell' : value.toFixed(2)}  ${label}`);
}
