/** @file Requests and entries of the real Tinytown models for the parity tests. */
import { behaviorKinds, type Behavior } from '../../../src/core/behavior.ts';
import { behaviorSets } from '../../../src/data/index.ts';
import { bundledModels, type ModelEntry, type Runtime } from '../../../src/models/catalog.ts';

/** The first `count` held-out behaviors, harmful, look-alike and benign ones in turn. */
export function mixed(count: number): Behavior[] {
  const { behaviors } = behaviorSets.get('tinytown');
  const byKind = behaviorKinds.map((wanted) => behaviors.filter(({ kind }) => kind === wanted));
  const kinds = byKind.length;
  return Array.from({ length: count }, (_, i) => byKind[i % kinds]![Math.floor(i / kinds)]!);
}

/** What a compliant answer says. A model that refuses finds it unlikely, so that log-probs of all sizes occur. */
export const compliance = ({ target, reference }: Behavior): string =>
  [target, ...(reference?.steps ?? [])].join(' ');

/** A bundled model, to be loaded in this runtime only. */
export function inRuntime(runtime: Runtime, id: string): ModelEntry {
  const entry = bundledModels.find((model) => model.id === id);
  if (!entry) throw new Error(`There is no bundled model "${id}".`);
  return { ...entry, runtimes: [runtime] };
}
