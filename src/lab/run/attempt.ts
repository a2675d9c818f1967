/** @file One attempt outside a run: a chat turn in the playground, or one attack on one behavior. */
import type { AttackResult, AttackStep } from '../../attacks/attack.ts';
import type { Behavior } from '../../core/behavior.ts';
import { lastUserText, system, type ChatMessage } from '../../core/chat.ts';
import type { MethodCard, Registry } from '../../core/method.ts';
import type { GenerateOptions, Generation } from '../../models/language-model.ts';
import type { AttackReply, ChatReply } from '../records/reply.ts';
import type { AttackRequest, ChatRequest } from '../plan/request.ts';
import { type MethodChoice, undefended } from '../plan/plan.ts';
import { answerOptions } from './answer.ts';
import { plainRequest, runAttack, defended, loadModels, needsWhiteBox, roleModels } from './loaded-models.ts';
import { stopwatch } from '../../core/stopwatch.ts';
import { contrastFrom } from '../trials/contrast.ts';
import { evaluate } from './evaluate.ts';
import type { PausePoint } from './pause.ts';
import { artifactForTargets } from '../plan/artifacts.ts';
import { createMeter } from './meter.ts';
import { noUsage } from '../records/usage.ts';
import { defaultAccess, type ModelPool } from './model-pool.ts';
import { prepared } from './prepare.ts';
import { readAnswer } from './read-answer.ts';
import type { Registries } from '../trials/registries.ts';
import { checkAccess, chooseMethod, withPack, type ChosenDefense } from '../trials/resolve.ts';
import { findRoleModel, findRoles, rolesUsed } from '../plan/role-models.ts';
import { checkTemplatePack, packFor } from '../plan/template-pack.ts';
import { readingFields, trialRecord } from './trial-record.ts';

interface Bench {
  readonly registries: Registries;
  readonly models: ModelPool;
}
interface Listeners {
  readonly signal: AbortSignal;
  readonly onStep: (step: AttackStep) => void;
  /** Where the attack can be held between two steps. */
  readonly gate?: PausePoint;
}

/** Write the next turn of a conversation, with an attack and defenses switched on or off. */
export async function chatOnce(
  request: ChatRequest,
  bench: Bench,
  { onToken, ...listeners }: Listeners & { readonly onToken: NonNullable<GenerateOptions['onToken']> },
): Promise<ChatReply> {
  const startedAt = performance.now();
  // The conversation brings its own system prompt, and what is asked is what was typed.
  const { context: _, ...behavior } = request.behavior ?? freeChat;
  const { result, generation, reading, scores, usage } = await attempt(
    request,
    { ...behavior, prompt: lastUserText(request.messages) },
    bench,
    {
      ...listeners,
      onToken,
      topTokens: request.topTokens,
      ...(request.forced && { forced: request.forced }),
    },
    (made) =>
      request.attack
        ? { ...made, messages: inPlaceOfLastTurn(request.messages, made.messages) }
        : { messages: request.messages, steps: 0 },
  );
  const elapsedMs = performance.now() - startedAt;
  return {
    generation,
    ...readingFields(generation.text, reading),
    attackResult: result,
    scores,
    usage,
    elapsedMs,
  };
}

/** Attack one behavior, then put the result to the defended model: one trial, as a run would do it. */
export async function attackOnce(
  request: AttackRequest,
  bench: Bench,
  listeners: Listeners,
): Promise<AttackReply> {
  const { model, behavior, attack, templates, defenses, topTokens = 0 } = request;
  const tried = await attempt(request, behavior, bench, { ...listeners, topTokens }, (made) => made);
  const { result, generation, scores, usage } = tried;
  const defense = defenses.length === 0 ? undefended : defenses.map(({ id }) => id).join('+');
  const record = trialRecord({
    ...tried,
    key: { model, behavior: behavior.id, attack: attack.id, defense },
    behavior,
    templates: packFor(templates, attack.id),
    reply: generation,
  });
  return { result, generation, scores, target: usage.target ?? noUsage, record };
}

const freeChat: Behavior = { id: 'chat', prompt: '', category: 'chat', set: 'chat', kind: 'benign' };

type Request = Pick<
  ChatRequest,
  'model' | 'defenses' | 'attack' | 'evaluators' | 'roles' | 'sampling' | 'seed'
> &
  Pick<AttackRequest, 'templates'>;

/**
 * Check the request, load its models, attack, answer, score.
 * @param place what is really sent, given what the attack made
 */
async function attempt(
  request: Request,
  behavior: Behavior,
  { registries, models }: Bench,
  {
    onStep,
    signal,
    gate,
    ...listening
  }: Listeners & Pick<GenerateOptions, 'onToken' | 'topTokens' | 'forced'>,
  place: (made: AttackResult) => AttackResult,
) {
  const startedAt = new Date().toISOString();
  const target = findRoleModel('target', request.model, registries.models);
  const filled = Object.keys(request.roles);
  const onTarget = <M extends MethodCard>(registry: Registry<M>, choice: MethodChoice) => {
    const chosen = chooseMethod(registry, choice, filled);
    checkAccess(chosen.method, target);
    return chosen;
  };
  const pack = request.templates;
  if (pack) checkTemplatePack(pack, registries.attacks.all);
  const attack = request.attack && withPack(pack, onTarget(registries.attacks, request.attack));
  const defenses = request.defenses.map((choice): ChosenDefense => ({
    ...onTarget(registries.defenses, choice),
    artifact: artifactForTargets(choice.artifact, choice.id, [target]),
  }));
  const evaluators = (request.evaluators ?? []).map((choice) =>
    chooseMethod(registries.evaluators, choice, filled),
  );
  const roles = rolesUsed(findRoles(request.roles, registries.models), [
    ...(attack ? [attack] : []),
    ...defenses,
    ...evaluators,
  ]);
  const whiteBox = needsWhiteBox([...(attack ? [attack] : []), ...defenses]);
  const transparent = attack?.method.transparent ?? [];
  const cast = await loadModels(models, { target, roles, whiteBox, transparent }, { signal });
  // A request typed by hand is of no set; then every set there is will do to learn from.
  const sets = registries.sets.has(behavior.set) ? [registries.sets.get(behavior.set)] : registries.sets.all;
  const contrast = contrastFrom({ sets, tested: [behavior] });
  const ready = await prepared(cast, target, defenses, contrast, { signal });

  const seed = `${request.seed}/${target.id}/${behavior.id}/${attack?.method.id ?? 'none'}`;
  const known = registries.sets.has(behavior.set) ? registries.sets.get(behavior.set).behaviors : [];
  const clock = stopwatch();
  const made = attack
    ? await runAttack(cast, attack, { behavior, seed, known }, signal, onStep, gate)
    : { result: plainRequest(behavior), steps: [], usage: {} };
  const attackMs = clock() - (gate?.heldMs ?? 0);
  const result = place(made.result);
  const { messages, assistantPrefix } = result;
  const meter = createMeter(made.usage);
  const access = result.edit ? 'white-box' : defaultAccess(target);
  const model = defended(cast, target, ready, () => meter, access);
  const generation: Generation = await model.generate(messages, {
    ...listening,
    ...answerOptions(result, request.sampling, seed),
    signal,
  });
  const answerMs = clock();
  const judging = { signal, ...roleModels(cast, meter) };
  const reading = await readAnswer(result, generation.text, judging);
  const scores = await evaluate(
    evaluators,
    { behavior, messages, assistantPrefix, response: reading.text },
    judging,
  );
  const times = { startedAt, attackMs, answerMs, scoreMs: clock() };
  return { result, generation, reading, scores, usage: meter.usage, made, seed, times };
}

/** The conversation with its last user turn replaced; a system turn of the attack joins the one there is. */
function inPlaceOfLastTurn(
  conversation: readonly ChatMessage[],
  made: readonly ChatMessage[],
): readonly ChatMessage[] {
  const last = conversation.findLastIndex(({ role }) => role === 'user');
  const all = [...conversation.slice(0, Math.max(0, last)), ...made];
  const orders = all.filter(({ role }) => role === 'system').map(({ content }) => content);
  const turns = all.filter(({ role }) => role !== 'system');
  return orders.length === 0 ? turns : [system(orders.join('\n\n')), ...turns];
}
