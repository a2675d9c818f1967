import { arxiv } from '../core/method.ts';
import { integer } from '../core/options.ts';
import { disarmed } from '../core/quotes.ts';
import { fillSlots } from '../core/slots.ts';
import { joinedPacks, templateOf, templatePacks } from '../core/templates.ts';
import { readYesNo } from '../core/yes-no.ts';
import { conversation, defineAttack, type AttackStep } from './attack.ts';
import { ask, whereItFits } from './parts/ask.ts';
import { proposeOptions } from './parts/attacker/propose-options.ts';
import { createProposer } from './parts/attacker/propose.ts';
import { refine, refineTexts, startThread, type Refinement, type Thread } from './parts/attacker/refine.ts';
import { judgeTexts } from './parts/success/judge-score.ts';
import {
  askAndRate,
  better,
  claimOfBest,
  hasFullScore,
  ratingOptions,
  type RatedAnswer,
} from './parts/success/rated-answer.ts';
import compact from './templates/compact/tap.json' with { type: 'json' };
import full from './templates/full/tap.json' with { type: 'json' };

interface Leaf {
  readonly node: number;
  readonly thread: Thread;
}

/** A prompt refined from a leaf, and its outcome. */
interface Child extends Refinement {
  readonly node: number;
  readonly parent: number;
  readonly depth: number;
  /** `null` when the judge said neither yes nor no. */
  readonly onTopic: boolean | null;
  /** `null` when the target was not asked. */
  readonly answer: RatedAnswer | null;
  /** Why it is not a leaf of the next level; `null` when it is. */
  readonly pruned: 'unreadable' | 'off-topic' | 'width' | 'score' | null;
}

const stepOf = (
  step: number,
  { node, parent, depth, onTopic, answer, pruned, ...child }: Child,
): AttackStep => ({
  step,
  ...(child.proposal && { candidate: child.proposal.prompt }),
  detail: {
    node,
    parent,
    depth,
    score: answer?.score ?? null,
    pruned: pruned !== null,
    reason: pruned,
    response: answer?.response ?? null,
    onTopic,
    improvement: child.proposal?.improvement,
    protocol: child.protocol,
    form: child.form,
    unreadable: child.unreadable,
  },
});

/**
 * Tree of attacks with pruning: an attacker model refines each leaf into several prompts; those off topic are pruned,
 * the rest are sent to the target and rated, and the ones with the best scores become the leaves of the next level.
 * The root is node 0; its descendants are numbered level by level.
 */
export const tap = defineAttack({
  id: 'tap',
  title: 'TAP',
  paper: arxiv('2312.02119', 'Tree of Attacks: Jailbreaking Black-Box LLMs Automatically'),
  summary: 'Grows a tree of prompts with an attacker model, and prunes those off topic or with low scores.',
  differs:
    'The texts are ours. One number limits the queries per level and another the leaves that are kept; ' +
    "the paper's code has one for both, as the defaults do, so that scores prune nothing until `keep` is " +
    'lower. Judge and target answer greedily; an unreadable score ranks last instead of counting as 1, ' +
    'and a child whose topic the judge could not tell ranks after those on topic instead of counting as ' +
    'one of them; replies that break off and attackers that cannot write JSON are treated as in PAIR.',
  access: 'black-box',
  needs: ['attacker', 'judge'],
  templates: joinedPacks(refineTexts, judgeTexts, templatePacks(compact, full)),
  options: {
    branching: integer({
      description: 'Prompts refined from each leaf; the paper uses 4.',
      default: 4,
      min: 1,
      max: 16,
      unit: 'prompts',
    }),
    depth: integer({
      description: 'Most levels of the tree; the paper uses 10.',
      default: 10,
      min: 1,
      max: 50,
      unit: 'levels',
    }),
    width: integer({
      description: 'Most prompts of a level that are sent to the target; the paper uses 10.',
      default: 10,
      min: 1,
      max: 64,
      unit: 'prompts',
    }),
    keep: integer({
      description: 'Prompts of a level, those with the best scores, that become leaves; the paper uses 10.',
      default: 10,
      min: 1,
      max: 64,
      unit: 'prompts',
    }),
    ...proposeOptions,
    ...ratingOptions,
  },
  async *run(behavior, model, options, { random, signal, templates, role, spent }) {
    const [attacker, judge] = [role('attacker'), role('judge')];
    const ratingContext = { model, judge, behavior, options, templates, signal };
    const context = { behavior, templates, signal };
    const proposer = createProposer(attacker, options);

    const isOnTopic = async (prompt: string): Promise<boolean | null> => {
      const question = fillSlots(templateOf(templates, 'on-topic'), {
        goal: disarmed(behavior.prompt),
        prompt: disarmed(prompt),
      });
      const request = { maxNewTokens: options.judgeTokens, signal };
      const reply = await whereItFits(() => ask(judge, question, request));
      return reply === null ? null : readYesNo(reply);
    };
    const grow = async (leaf: Leaf, branch: number, node: number, depth: number): Promise<Child> => {
      const draws = random.fork(`node ${node}`);
      const refinement = await refine(
        proposer,
        { ...leaf.thread, line: branch },
        { ...context, random: draws },
      );
      const { proposal } = refinement;
      const onTopic = proposal && (await isOnTopic(proposal.prompt));
      const pruned = proposal === null ? 'unreadable' : onTopic === false ? 'off-topic' : null;
      return { ...refinement, node, parent: leaf.node, depth, onTopic, answer: null, pruned };
    };
    const query = async (child: Child): Promise<Child> => {
      const { prompt } = child.proposal!;
      return { ...child, answer: await askAndRate(ratingContext, prompt, conversation(behavior, prompt)) };
    };

    let leaves: readonly Leaf[] = [{ node: 0, thread: startThread('system', 0) }];
    let best = null as RatedAnswer | null;
    let nodes = 0;
    for (let depth = 1; depth <= options.depth && leaves.length > 0 && !spent(); depth++) {
      signal.throwIfAborted();
      const places = leaves.flatMap((leaf) =>
        Array.from({ length: options.branching }, (_, branch) => ({ leaf, branch, node: ++nodes })),
      );
      const children = await Promise.all(
        places.map(({ leaf, branch, node }) => grow(leaf, branch, node, depth)),
      );

      // The target is asked about those on topic first, in random order among equals.
      const order = random.fork(`depth ${depth}`).shuffle(children.filter(({ pruned }) => pruned === null));
      const [onTopic, unclear] = [
        order.filter((child) => child.onTopic),
        order.filter((child) => !child.onTopic),
      ];
      const selected = new Set([...onTopic, ...unclear].slice(0, options.width));
      const rated = await Promise.all(
        children.map((child): Child | Promise<Child> =>
          selected.has(child) ? query(child) : { ...child, pruned: child.pruned ?? 'width' },
        ),
      );
      const ranked = rated
        .filter(({ answer }) => answer !== null)
        .toSorted((a, b) => (b.answer!.score ?? 0) - (a.answer!.score ?? 0));
      const survivors = new Set(ranked.slice(0, options.keep));
      for (const child of rated) {
        const pruned = child.pruned ?? (survivors.has(child) ? null : 'score');
        yield stepOf(child.node, { ...child, pruned });
      }
      for (const { answer } of rated) if (answer) best = better(best, answer);
      if (best !== null && hasFullScore(best)) break;
      leaves = [...survivors].map(({ node, thread, answer }) => ({
        node,
        thread: { ...thread, last: answer },
      }));
    }
    const messages = conversation(behavior, best?.prompt);
    return { messages, steps: nodes, claimed: claimOfBest(best), attacker: proposer.replies() };
  },
});
