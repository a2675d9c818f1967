/** @file Several attacks in a row as one attack: the prompt that one finds is the request of the next. */
import type { Behavior } from '../core/behavior.ts';
import { promptIn } from '../core/document.ts';
import { LabError } from '../core/errors.ts';
import { accessTiers, rolesNeeded, rolesTaken } from '../core/method.ts';
import type { OptionsSpec, OptionValues } from '../core/options.ts';
import { joinedPacks, type TemplatePacks, type Templates } from '../core/templates.ts';
import {
  goalOf,
  type Attack,
  type AttackResult,
  type MutationContext,
  type RewrittenBehavior,
} from './attack.ts';

/** An attack and its complete, valid options. */
export interface ChainMember {
  readonly method: Attack;
  readonly options: OptionValues<OptionsSpec>;
}

/** How a chain is named in plans, records and tables: the ids of its attacks, in order. */
export const chainName = (ids: readonly string[]): string => ids.join('+');

/**
 * The behavior as the next attack of a chain gets it: its request is the prompt that `result` sends.
 * @throws LabError 'not-supported' when more than a prompt was found, which the next attack would lose
 */
function rewritten(behavior: Behavior, result: AttackResult, attack: string): RewrittenBehavior {
  const turns = result.messages.filter(({ role }) => role !== 'system');
  const [turn] = turns;
  const prompt = turns.length === 1 && turn!.role === 'user' ? promptIn(behavior, turn!.content) : null;
  const begun = result.assistantPrefix ?? result.assistantThought;
  if (prompt === null || result.edit || begun !== undefined)
    throw new LabError(
      'not-supported',
      `"${attack}" finds more than a prompt, which no attack can go on with.`,
      {
        advice: 'Put it last: only its prompt would reach the attack after it.',
      },
    );
  const rules = result.messages.filter(({ role }) => role === 'system').map(({ content }) => content);
  const { context: _, ...rest } = behavior;
  const context = rules.length > 0 ? { context: rules.join('\n') } : {};
  return { ...rest, ...context, prompt, goal: goalOf(behavior) };
}

/** @throws LabError 'not-supported' when answers would have to be read in two ways at once */
function joinedReading(first: AttackResult['answeredIn'], second: AttackResult['answeredIn'], chain: string) {
  if (first === undefined || second === undefined || JSON.stringify(first) === JSON.stringify(second))
    return second ?? first;
  throw new LabError(
    'not-supported',
    `Two attacks of "${chain}" each ask for an answer in a form of its own.`,
    {
      advice: 'Leave one of them out.',
    },
  );
}

/** The texts of a member among those of the chain: under its place, because two members may use one name. */
const textsOf = (place: number, packs: TemplatePacks): TemplatePacks => {
  const placed = (texts: Templates): Templates =>
    Object.fromEntries(Object.entries(texts).map(([name, list]) => [`${place}.${name}`, list]));
  return { compact: placed(packs.compact), full: placed(packs.full) };
};
const textsAt = (place: number, texts: Templates): Templates =>
  Object.fromEntries(
    Object.entries(texts).flatMap(([name, list]) =>
      name.startsWith(`${place}.`) ? [[name.slice(`${place}.`.length), list] as const] : [],
    ),
  );

/**
 * A chain of attacks. Each runs to its end with its own options, and with a random stream of its
 * own. What counts as success in every one of them is an answer to the behavior itself, not to its rewriting. How an
 * earlier attack sampled its answers is not carried on; a system prompt that it found is.
 * @param members at least two
 */
export function chained(members: readonly ChainMember[]): Attack {
  const methods = members.map(({ method }) => method);
  const id = chainName(methods.map((method) => method.id));
  const withTexts = methods.flatMap(({ templates }, place) => (templates ? [textsOf(place, templates)] : []));
  const contextOf = <C extends Pick<MutationContext, 'random' | 'templates'>>(
    context: C,
    place: number,
  ): C => ({
    ...context,
    random: context.random.fork(`${place} ${methods[place]!.id}`),
    templates: textsAt(place, context.templates),
  });
  const joined = (results: readonly AttackResult[]): AttackResult => {
    const answeredIn = results.reduce<AttackResult['answeredIn']>(
      (reading, result) => joinedReading(reading, result.answeredIn, id),
      undefined,
    );
    const steps = results.reduce((sum, result) => sum + result.steps, 0);
    return { ...results.at(-1)!, ...(answeredIn && { answeredIn }), steps };
  };
  const base: Attack = {
    id,
    title: methods.map(({ title }) => title).join(' + '),
    paper: methods.at(-1)!.paper,
    summary: `${methods.map(({ title }) => title).join(', then ')}: each works on the prompt of the one before.`,
    access: accessTiers.findLast((tier) => methods.some(({ access }) => access === tier))!,
    needs: [...new Set(members.flatMap(({ method, options }) => rolesNeeded(method, options)))],
    takes: [...new Set(members.flatMap(({ method, options }) => rolesTaken(method, options)))],
    whiteBoxRoles: [...new Set(methods.flatMap(({ whiteBoxRoles = [] }) => whiteBoxRoles))],
    options: {},
    ...(withTexts.length > 0 && { templates: joinedPacks(...withTexts) }),
    trainsOn: (_, contrast) =>
      Math.max(...members.map(({ method, options }) => method.trainsOn?.(options, contrast) ?? 0)),
    /** What each learns, by its place; each learns for itself, from the behaviors as they are. */
    async *learn(training, model, _, context) {
      const learned: unknown[] = [];
      for (const [place, { method, options }] of members.entries()) {
        const count = method.trainsOn?.(options, context.contrast) ?? 0;
        const own = training.slice(0, count);
        learned.push(
          method.learn ? yield* method.learn(own, model, options, contextOf(context, place)) : undefined,
        );
      }
      return learned;
    },
    async *run(behavior, model, _, context) {
      let request: Behavior = behavior;
      const results: AttackResult[] = [];
      let taken = 0;
      for (const [place, { method, options }] of members.entries()) {
        const learned = (context.learned as readonly unknown[] | undefined)?.[place];
        const started = taken;
        const spent = () => taken > started && context.spent();
        const search = method.run(request, model, options, { ...contextOf(context, place), learned, spent });
        try {
          for (;;) {
            const next = await search.next();
            if (next.done) {
              results.push(next.value);
              break;
            }
            const { step: _own, detail, ...step } = next.value;
            yield { step: taken++, ...step, detail: { attack: method.id, ...detail } };
          }
        } finally {
          await search.return(results.at(-1) ?? { messages: [], steps: 0 });
        }
        if (place + 1 < members.length) request = rewritten(behavior, results.at(-1)!, method.id);
      }
      return joined(results);
    },
  };
  if (methods.some(({ mutate }) => mutate === undefined)) return base;
  return {
    ...base,
    mutate(behavior, _, context) {
      let request: Behavior = behavior;
      const results: AttackResult[] = [];
      for (const [place, { method, options }] of members.entries()) {
        const result = method.mutate!(request, options, contextOf(context, place));
        results.push(result);
        if (place + 1 < members.length) request = rewritten(behavior, result, method.id);
      }
      return joined(results);
    },
  };
}
