/** @file What each part of a report on models' insides shows, in sentences made from its numbers. Pure. */
import { decimals, percent } from '../../../core/format.ts';
import { mean } from '../../../core/statistics.ts';
import type { InsideModel, InsightReport } from '../../records/insight.ts';
import { boundaryName, readingAt } from './layer-map.ts';

/** Sentences on each part, one for each model or for both together; none where there is nothing to say. */
export type InsightFindings = Readonly<
  Record<'projection' | 'lens' | 'attention' | 'depth' | 'probe', readonly string[]>
>;

/** @param nameOf the title of a model */
export function insightFindings(report: InsightReport, nameOf: (id: string) => string): InsightFindings {
  const each = (sentence: (inside: InsideModel, name: string) => string | null) =>
    report.models.flatMap((inside) => sentence(inside, nameOf(inside.model)) ?? []);
  return {
    projection: each(projectionSentence),
    lens: each(lensSentence),
    attention: each(attentionSentence),
    depth: depthSentences(report, nameOf),
    probe: each(probeSentence),
  };
}

/** Index of the last token before the opening and the answer. */
const promptEnd = (tokens: InsideModel['tokens']): number =>
  tokens.findLastIndex(({ part }) => part !== 'opening' && part !== 'answer');

function projectionSentence({ tokens, projection }: InsideModel, name: string): string {
  const end = promptEnd(tokens);
  const boundary = projection.values.length - 1;
  const reading = readingAt(projection, boundary, end);
  if (reading === null) return `${name} does not tell harmful requests from harmless ones here.`;
  const verdict =
    reading >= 0.75 ? 'as harmful' : reading <= 0.25 ? 'as harmless' : 'as neither harmful nor harmless';
  return (
    `Right before its answer, ${name} reads this text ${verdict}: ${decimals(reading, 2)} in the last layer, ` +
    'where harmless requests are at 0 and harmful ones at 1.'
  );
}

function quoted(token: string): string {
  const shown = token.trim() || token.replaceAll('\n', '⏎');
  return /* @wc-include */ `“${shown}”`;
}

function lensSentence({ lens: { layers } }: InsideModel, name: string): string | null {
  const last = layers.at(-1)!;
  const [first] = last.top;
  if (!first) return null;
  const isOwn = ({ top }: (typeof layers)[number]) => top[0]?.text === first.text;
  const settled = layers.length - layers.toReversed().findIndex((layer) => !isOwn(layer));
  const from = layers.every(isOwn) ? 0 : settled;
  const before = layers[from - 1];
  // Before the first layer a model repeats what it has just read.
  const until =
    before && before.boundary > 0
      ? ` Up to ${boundaryName(before.boundary)} another word leads, there ${quoted(before.top[0]!.text)} (${percent(before.top[0]!.probability)}).`
      : '';
  return `${name} begins with ${quoted(first.text)} (${percent(first.probability)}), which leads from ${boundaryName(layers[from]!.boundary)} on.${until}`;
}

function attentionSentence({ attention }: InsideModel, name: string): string | null {
  if (!attention) return null;
  const { layers, even } = attention;
  const most = layers.toSorted((a, b) => b.prompt - a.prompt)[0]!;
  const overall = mean(layers.map(({ prompt }) => prompt));
  return (
    `At the end of the prompt, ${name} gives ${percent(overall)} of its attention to the attack’s words, which are ` +
    `${percent(even.prompt)} of what it has read; most in layer ${most.layer} (${percent(most.prompt)}).`
  );
}

/** Tokens of an answer that count as its opening. */
const opening = 5;
/** How many times larger the one must be than the other to be called so. */
const clearly = 3;

function depthSentences({ models, depth }: InsightReport, nameOf: (id: string) => string): readonly string[] {
  if (!depth || depth.length <= opening) return [];
  const levels = depth.map(({ divergence }) => divergence.value);
  const [early, late] = [mean(levels.slice(0, opening)), mean(levels.slice(opening))];
  const [base, model] = [models[0]!, models.at(-1)!].map((one) => nameOf(one.model));
  const highest = levels.indexOf(Math.max(...levels));
  const verdict =
    early >= clearly * late
      ? 'training moved the opening, and little behind it'
      : late >= clearly * early
        ? 'training moved what comes later more than the opening'
        : 'what training moved goes on behind the opening';
  return [
    `Along ${depth[0]!.n} harmful answers, ${model} is ${decimals(early, 2)} nats from ${base} over the first ${opening} ` +
      `tokens, and ${decimals(late, 2)} from there on: ${verdict}.`,
    `They differ most at token ${highest + 1} (${decimals(levels[highest]!, 1)} nats).`,
  ];
}

function probeSentence({ probe }: InsideModel, name: string): string {
  const best = probe.toSorted((a, b) => b.area.area - a.area.area)[0]!;
  const { area, interval: ends, positives, negatives } = best.area;
  const where = `${name}, ${boundaryName(best.boundary)}: area ${decimals(area, 2)} (${ends.map((end) => decimals(end, 2)).join('–')}, n = ${positives + negatives})`;
  return ends[0] > 0.5
    ? `${where}: forbidden requests can be told from harmless ones inside, whatever the model says.`
    : `${where}: a probe cannot tell forbidden requests from harmless ones.`;
}
