import { arxiv } from '../core/method.ts';
import { integer } from '../core/options.ts';
import { fillSlots } from '../core/slots.ts';
import { templateOf } from '../core/templates.ts';
import { conversation, defineAttack, type AttackStep } from './attack.ts';
import { ask, whereItFits } from './parts/ask.ts';
import { attemptOptions, better, claimOf, succeeded, tryPrompt, type Attempt } from './parts/attempt.ts';
import { disarmed, judgeTexts } from './parts/judge-score.ts';
import { proposeOptions } from './parts/propose.ts';
import {
  refine,
  refineTexts,
  startThread,
  strategyOf,
  type Refinement,
  type Thread,
} from './parts/refine.ts';
import { readYesNo } from './parts/structured-reply.ts';
import texts from './templates/tap.json' with { type: 'json' };

interface Leaf {
  readonly node: number;
  readonly thread: Thread;
}

/** A prompt that grew on a leaf, and how far it came. */
interface Child extends Refinement {
  readonly node: number;
  readonly parent: number;
  readonly depth: number;
  /** `null` when the judge said neither yes nor no. */
  readonly onTopic: boolean | null;
  readonly attempt: Attempt | null;
  /** Why it does not live on; `null` when it does. */
  readonly pruned: 'unreadable' | 'off-topic' | 'width' | 'score' | null;
}

const stepOf = (
  step: number,
  { node, parent, depth, onTopic, attempt, pruned, ...child }: Child,
): AttackStep => ({
  step,
  ...(child.proposal && { candidate: child.proposal.prompt }),
  detail: {
    node,
    parent,
    depth,
    score: attempt?.score ?? null,
    pruned: pruned !== null,
    reason: pruned,
    response: attempt?.response ?? null,
    onTopic,
    improvement: child.proposal?.improvement,
    unreadable: child.unreadable,
  },
});

/**
 * Tree of attacks with pruning: each leaf grows several prompts by an attacker model, those off topic are cut, the
 * rest are put to the target and rated, and the best rated leaves grow on.
 * For an attacker that cannot write JSON, see PAIR. The root has the node number 0; the children of a depth are
 * numbered on.
 */
export const tap = defineAttack({
  id: 'tap',
  title: 'TAP',
  paper: arxiv('2312.02119', 'Tree of Attacks: Jailbreaking Black-Box LLMs Automatically'),
  summary: 'Grows a tree of prompts by an attacker model, and cuts what strays from the topic or rates low.',
  differs:
    'The paper has 4 children a leaf, depth 10 and 10 leaves kept; ours suit small models. Here one ' +
    "number bounds the queries of a depth and another the leaves that live on (the paper's code uses 10 " +
    'for both, so that ratings cut nothing); the children of a leaf differ in their way of persuasion; ' +
    'judge and target answer greedily; an unreadable rating ranks last instead of counting as 1, and a ' +
    'child whose topic the judge could not tell comes after those on topic instead of counting as one ' +
    'of them.',
  access: 'black-box',
  needs: ['attacker', 'judge'],
  templates: { ...refineTexts, ...judgeTexts, ...texts },
  options: {
    branching: integer({
      description: 'Prompts that grow on each leaf; the paper has 4.',
      default: 3,
      min: 1,
      max: 16,
      unit: 'prompts',
    }),
    depth: integer({
      description: 'Most levels of the tree; the paper has 10.',
      default: 3,
      min: 1,
      max: 50,
      unit: 'levels',
    }),
    width: integer({
      description: 'Most prompts of a level that are put to the target; the paper has 10.',
      default: 6,
      min: 1,
      max: 64,
      unit: 'prompts',
    }),
    keep: integer({
      description: 'Best rated prompts of a level that grow on; the paper has 10.',
      default: 2,
      min: 1,
      max: 64,
      unit: 'prompts',
    }),
    ...proposeOptions,
    ...attemptOptions,
  },
  async *run(behavior, model, options, { random, signal, templates, role }) {
    const [attacker, judge] = [role('attacker'), role('judge')];
    const trying = { model, judge, behavior, options, templates, signal };
    const context = { behavior, options, templates, signal };

    const isOnTopic = async (prompt: string): Promise<boolean | null> => {
      const question = fillSlots(templateOf(templates, 'on-topic'), {
        goal: disarmed(behavior.prompt),
        prompt: disarmed(prompt),
      });
      const asking = { maxNewTokens: options.judgeTokens, signal };
      const verdict = await whereItFits(() => ask(judge, question, asking));
      return verdict === null ? null : readYesNo(verdict);
    };
    const grow = async (leaf: Leaf, branch: number, node: number, depth: number): Promise<Child> => {
      const strategy = strategyOf(branch);
      const draws = random.fork(`node ${node}`);
      const refinement = await refine(attacker, { ...leaf.thread, strategy }, { ...context, random: draws });
      const { proposal } = refinement;
      const onTopic = proposal && (await isOnTopic(proposal.prompt));
      const pruned = proposal === null ? 'unreadable' : onTopic === false ? 'off-topic' : null;
      return { ...refinement, node, parent: leaf.node, depth, onTopic, attempt: null, pruned };
    };
    const query = async (child: Child): Promise<Child> => {
      const { prompt } = child.proposal!;
      return { ...child, attempt: await tryPrompt(trying, prompt, conversation(behavior, prompt)) };
    };

    let leaves: readonly Leaf[] = [{ node: 0, thread: startThread(strategyOf(0), options) }];
    let best = null as Attempt | null;
    let nodes = 0;
    for (let depth = 1; depth <= options.depth && leaves.length > 0; depth++) {
      signal.throwIfAborted();
      const places = leaves.flatMap((leaf) =>
        Array.from({ length: options.branching }, (_, branch) => ({ leaf, branch, node: ++nodes })),
      );
      const grown = await Promise.all(
        places.map(({ leaf, branch, node }) => grow(leaf, branch, node, depth)),
      );

      // Those on topic first, in random order among equals, as many as the level may ask the target about.
      const order = random.fork(`depth ${depth}`).shuffle(grown.filter(({ pruned }) => pruned === null));
      const [sure, unsure] = [
        order.filter(({ onTopic }) => onTopic),
        order.filter(({ onTopic }) => !onTopic),
      ];
      const asked = new Set([...sure, ...unsure].slice(0, options.width));
      const rated = await Promise.all(
        grown.map((child): Child | Promise<Child> =>
          asked.has(child) ? query(child) : { ...child, pruned: child.pruned ?? 'width' },
        ),
      );
      const ranked = rated
        .filter(({ attempt }) => attempt !== null)
        .toSorted((a, b) => (b.attempt!.score ?? 0) - (a.attempt!.score ?? 0));
      const kept = new Set(ranked.slice(0, options.keep));
      for (const child of rated) {
        const pruned = child.pruned ?? (kept.has(child) ? null : 'score');
        yield stepOf(child.node, { ...child, pruned });
      }
      for (const { attempt } of rated) if (attempt) best = better(best, attempt);
      if (best !== null && succeeded(best)) break;
      leaves = [...kept].map(({ node, thread, attempt }) => ({ node, thread: { ...thread, last: attempt } }));
    }
    return { messages: conversation(behavior, best?.prompt), steps: nodes, claimed: claimOf(best) };
  },
});
