/** @file One trial outside a run: a chat turn in the playground, or one attack on one behavior in the studio. */
import type { AttackStep } from '../../attacks/attack.ts';
import type { Behavior } from '../../core/behavior.ts';
import { system, type ChatMessage } from '../../core/chat.ts';
import { startStopwatch } from '../../core/stopwatch.ts';
import type { AttackMode } from '../plan/attack-mode.ts';
import { chatBehavior, type AttackRequest, type ChatRequest, type TrialRequest } from '../plan/request.ts';
import type { AttackReply, ChatReply } from '../records/reply.ts';
import { noUsage } from '../records/usage.ts';
import type { Registries } from '../trials/registries.ts';
import { resolveRequest } from '../trials/resolve.ts';
import { chunkOfRequest } from '../trials/trials.ts';
import type { ChunkContext } from './chunk-context.ts';
import { learnAttacks } from './learn.ts';
import { defendedModel } from './defended-model.ts';
import { defaultAccess, type ModelPool } from './model-pool.ts';
import { loadModels, requiredModels } from './loaded-models.ts';
import { createSignalMeters } from './meter.ts';
import { prepareDefenses } from './prepare.ts';
import { runChunk, textSettings } from './run-chunk.ts';

interface AttemptEnvironment {
  readonly registries: Registries;
  readonly models: ModelPool;
}
interface AttemptListeners extends Pick<
  ChunkContext,
  'signal' | 'pausePoint' | 'onToken' | 'forced' | 'toSend'
> {
  readonly onStep: (step: AttackStep) => void;
}

/** Write the next turn of a conversation, with an attack and defenses switched on or off. */
export async function answerChat(
  request: ChatRequest,
  environment: AttemptEnvironment,
  listeners: Omit<AttemptListeners, 'toSend' | 'forced'>,
): Promise<ChatReply> {
  const stopwatch = startStopwatch();
  const asked = { behavior: chatBehavior(request), mode: 'static' } as const;
  const { record, generation } = await attempt(request, asked, environment, {
    ...listeners,
    ...(request.forced && { forced: request.forced }),
    toSend: (result) =>
      request.attack
        ? { ...result, messages: inPlaceOfLastTurn(request.messages, result.messages) }
        : { messages: request.messages, steps: 0 },
  });
  const { attackResult, scores, usage, reading, untranslated } = record;
  return {
    generation,
    ...(reading !== undefined && { reading }),
    ...(untranslated && { untranslated }),
    attackResult,
    scores,
    usage,
    elapsedMs: stopwatch.elapsedMs(),
  };
}

/** Attack one behavior, then put the result to the defended model: one trial, with the record a run would write. */
export async function attackBehavior(
  request: AttackRequest,
  environment: AttemptEnvironment,
  listeners: AttemptListeners,
): Promise<AttackReply> {
  const { behavior, attackMode: mode = 'static' } = request;
  const { record, generation } = await attempt(request, { behavior, mode }, environment, listeners);
  const { attackResult: result, scores, usage } = record;
  return { result, generation, scores, target: usage.target ?? noUsage, record };
}

/** Check the request, load its models, and run its trial. A failure is thrown and not recorded. */
async function attempt(
  request: TrialRequest,
  { behavior, mode }: { readonly behavior: Behavior; readonly mode: AttackMode },
  { registries, models: pool }: AttemptEnvironment,
  { onStep, ...listeners }: AttemptListeners,
) {
  const { signal } = listeners;
  const resolved = resolveRequest(request, behavior, registries);
  const { target, attack, stack, roles, contrast, settings } = resolved;
  const required = requiredModels(target, roles, attack ? [attack] : [], stack.defenses);
  const models = await loadModels(pool, required, { signal, chatTemplate: settings.chatTemplate });
  const prepared = await prepareDefenses(models, target, stack.defenses, contrast, { signal });
  const defenses = prepared.map(({ chosen }) => chosen);
  const recordable = (failure: unknown): never => {
    throw failure;
  };
  const meters = createSignalMeters();
  const defended = defendedModel(models, defaultAccess(target), defenses, meters.meterOf);
  // Behind no defense the two modes are one.
  const isAdaptive = mode === 'adaptive' && defenses.length > 0;
  const behind = isAdaptive ? { behind: { stack: stack.name, defended, meters } } : {};
  const lessons = await learnAttacks(models, attack ? [{ attack, ...behind }] : [], {
    texts: textSettings(settings),
    behaviors: [behavior, ...settings.trainingBehaviors],
    contrast,
    seed: request.seed,
    signal,
    onStep: (_attack, step) => onStep(step),
    recordable,
  });
  const chunk = chunkOfRequest(resolved, {
    ...{ behavior, seed: request.seed },
    mode: isAdaptive ? 'adaptive' : 'static',
  });
  const [finished] = await runChunk(chunk, {
    ...listeners,
    settings,
    models,
    defended,
    meters,
    outcomes: new Map(),
    lessons,
    onStep: (_trial, step) => onStep(step),
    recordable,
  });
  const { record, generation } = finished!;
  return { record, generation: generation! };
}

/** The conversation with its last user turn replaced; a system turn of the attack joins the one there is. */
function inPlaceOfLastTurn(
  conversation: readonly ChatMessage[],
  attackMessages: readonly ChatMessage[],
): readonly ChatMessage[] {
  const last = conversation.findLastIndex(({ role }) => role === 'user');
  const all = [...conversation.slice(0, Math.max(0, last)), ...attackMessages];
  const systemTexts = all.filter(({ role }) => role === 'system').map(({ content }) => content);
  const turns = all.filter(({ role }) => role !== 'system');
  return systemTexts.length === 0 ? turns : [system(systemTexts.join('\n\n')), ...turns];
}
