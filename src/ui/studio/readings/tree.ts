/** @file A tree of attempts, read from attack steps. Pure. */
import { groupedBy } from '../../../core/groups.ts';
import type { AttackStep } from '../../types.ts';
import { isNumber, textOr, numberOrNull, isName, orNull } from './detail.ts';

export interface TreeNode {
  readonly id: string;
  readonly parent: string | null;
  readonly depth: number;
  readonly score: number | null;
  readonly pruned: boolean;
  readonly reason: string;
  readonly prompt: string;
  readonly response: string;
}

/** A tree of attempts, parents before children, each with its latest state. */
export function treeOf(steps: readonly AttackStep[]): readonly TreeNode[] | null {
  const nodes = new Map<string, TreeNode>();
  for (const { candidate, detail } of steps) {
    const id = detail?.['node'] ?? detail?.['id'];
    if (!detail || !isName(id) || !isNumber(detail['depth'])) continue;
    const earlier = nodes.get(String(id));
    nodes.set(String(id), {
      id: String(id),
      parent: isName(detail['parent']) ? String(detail['parent']) : null,
      depth: detail['depth'],
      score: numberOrNull(detail['score']) ?? earlier?.score ?? null,
      pruned: detail['pruned'] !== undefined && detail['pruned'] !== false && detail['pruned'] !== null,
      reason: textOr(detail['reason'], textOr(detail['pruned'], earlier?.reason ?? '')),
      prompt: candidate ?? earlier?.prompt ?? '',
      response: textOr(detail['response'], earlier?.response ?? ''),
    });
  }
  return orNull(depthFirst([...nodes.values()]));
}

/** Each node followed by its subtree; nodes whose parent is unknown are roots. */
function depthFirst(nodes: readonly TreeNode[]): readonly TreeNode[] {
  const ids = new Set(nodes.map(({ id }) => id));
  const children = groupedBy(nodes, ({ id, parent }) =>
    parent !== null && parent !== id && ids.has(parent) ? parent : null,
  );
  const walk = (parent: string | null): TreeNode[] =>
    (children.get(parent) ?? []).flatMap((node) => [node, ...walk(node.id)]);
  return walk(null);
}
