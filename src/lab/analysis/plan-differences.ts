/** @file What differs between two runs besides their results, so that a change is not ascribed to the wrong cause. */
import { defenseName, type Plan } from '../plan/plan.ts';
import type { RunContents } from '../records/run.ts';

/** Sentences, empty for two runs of one plan with the same versions on the same kind of device. */
export function planDifferences(first: RunContents, second: RunContents): readonly string[] {
  const [before, after] = [factsOf(first), factsOf(second)];
  const names = [...new Set([...before.keys(), ...after.keys()])];
  return [
    ...names.flatMap((name) => difference(name, before.get(name), after.get(name))),
    ...changedPrompts(first, second),
  ];
}

/** Longer values are not written out. */
const mostCharacters = 60;

function difference(name: string, before: string | undefined, after: string | undefined): readonly string[] {
  if (before === after) return [];
  if (before === undefined) return [`${name}: only in the second run.`];
  if (after === undefined) return [`${name}: only in the first run.`];
  return before.length > mostCharacters || after.length > mostCharacters
    ? [`${name}: not the same.`]
    : [`${name}: ${before} in the first run, ${after} in the second.`];
}

/** Fields of a plan that are compared as they are. */
const comparedWhole = [
  'seed',
  'shard',
  'sampling',
  'chatTemplate',
  'record',
  'concurrency',
  'contrast',
  'texts',
  'templates',
  'replay',
  'behaviors',
] as const;

function factsOf({ plan, versions, device }: RunContents): ReadonlyMap<string, string> {
  const facts: readonly (readonly [string, unknown])[] = [
    ...comparedWhole.map((field) => [field, plan[field]] as const),
    ['models', plan.models.targets],
    ...Object.entries(plan.models.roles).map(([role, id]) => [`role ${role}`, id] as const),
    ...methodFacts('attack', plan.attacks),
    ...plan.defenses.map((stack) => [`defense ${defenseName(stack)}`, stack.stack] as const),
    ...methodFacts('evaluator', plan.evaluators),
    ['device', device.kind],
    ...Object.entries(versions),
  ];
  return new Map(
    facts.flatMap(([name, value]) => (value === undefined ? [] : [[name, JSON.stringify(value)] as const])),
  );
}

const methodFacts = (kind: string, methods: Plan['attacks']) =>
  methods.map(
    (choice) => [`${kind} ${choice.id}`, 'attack' in choice ? choice.attack : choice.options] as const,
  );

/** Behaviors that share an id and nothing else are not compared. */
function changedPrompts(first: RunContents, second: RunContents): readonly string[] {
  const before = new Map(first.digests.map(({ behavior, asked }) => [behavior, asked]));
  const after = new Map(second.digests.map(({ behavior, asked }) => [behavior, asked]));
  const changed = [...before].filter(([id, asked]) => after.has(id) && after.get(id) !== asked);
  return changed.length === 0
    ? []
    : [`${changed.length} behaviors have another prompt under the same id; they are not paired.`];
}
