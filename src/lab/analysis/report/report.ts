/**
 * @file A run as one HTML document that needs no script, no other file and no network. It holds the summary of the
 * trials and none of their texts, so that it can be shown anywhere.
 */
import { count, duration, plural } from '../../../core/format.ts';
import { directRequest, type Plan } from '../../plan/plan.ts';
import { precisionWords } from '../../../models/precision.ts';
import type { DeviceInfo } from '../../records/run.ts';
import type { RunSummary } from '../../records/summary.ts';
import { conclusions } from '../conclusions.ts';
import { rateTable } from '../rate-table.ts';
import { baselines, claims, integrity } from './checks.ts';
import { budgetCurves } from './budgets.ts';
import { sampledRates } from './samples.ts';
import { detectors } from './detectors.ts';
import { trust } from './evaluators.ts';
import { html, type Markup } from './html.ts';
import { attackedTasks, attacks, defenses, matrix, pairs, preparation, type Name } from './methods.ts';
import { differences } from './differences.ts';
import { style } from './style.ts';
import { targets } from './targets.ts';
import { withoutTexts } from './without-texts.ts';

export interface ReportSource {
  readonly plan: Plan;
  readonly device: DeviceInfo;
  readonly versions: Readonly<Record<string, string>>;
  readonly summary: RunSummary;
  /** ISO 8601. */
  readonly startedAt: string;
  readonly finished: number;
  /** Trials in the whole plan. */
  readonly total: number;
  readonly name: Name;
}

/** The whole document. The same source gives the same bytes. */
export function report(source: ReportSource): string {
  const { plan, summary, name } = source;
  const several = plan.models.targets.length > 1;
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="referrer" content="no-referrer" />
        <title>${plan.name} · Glovebox report</title>
        <style>
          ${{ markup: style }}
        </style>
      </head>
      <body>
        <header>${opening(source)}</header>
        <main>
          ${targets(summary, name)} ${plan.models.targets.map((model) => ofModel(source, model, several))}
          ${integrity(summary.integrity, several, name)} ${reading(plan)}
          <h2>The plan</h2>
          <p class="hint">
            Prompts of behaviors, texts of templates and what defenses learned are left out;
            <code>run.json</code> has the plan in full.
          </p>
          <details>
            <summary>Show it as JSON</summary>
            <pre>${JSON.stringify(withoutTexts(plan), null, 2)}</pre>
          </details>
        </main>
      </body>
    </html> `.markup;
}

function opening({ plan, device, versions, summary, startedAt, finished, total }: ReportSource): Markup {
  const { shard } = plan;
  const facts: readonly (readonly [string, string])[] = [
    ['Model under attack', plan.models.targets.join(', ')],
    ...Object.entries(plan.models.roles).map(([role, model]) => [`Role: ${role}`, model] as const),
    ['Seed', String(plan.seed)],
    ...(shard ? [['Shard', `${shard.index} of ${shard.count}`] as const] : []),
    ['Started', startedAt.replace(/^(.{10})T(.{5}).*/, '$1 $2 UTC')],
    ['Device', `${device.description} (${device.kind})`],
    ...Object.entries(summary.precisions ?? {}).map(
      ([model, used]) =>
        [`${model} computes in`, used.map((name) => precisionWords[name]).join(', ')] as const,
    ),
    ['Trials', `${plural(finished, 'trial')} in ${duration(summary.elapsedMs)} of computing`],
    [
      'Versions',
      Object.entries(versions)
        .map((entry) => entry.join(' '))
        .join(', '),
    ],
  ];
  const unfinished =
    finished < total
      ? html`<p class="note">
          Unfinished: ${finished} of ${plural(total, 'trial')}; ${count(total - finished)} were not asked.
          Every rate below is over those that were asked, and n says how many.
        </p>`
      : null;
  return html`<p class="kind">Glovebox report</p>
    <h1>${plan.name}</h1>
    <dl class="facts">
      ${facts.map(
        ([term, fact]) =>
          html`<dt>${term}</dt>
            <dd>${fact}</dd> `,
      )}
    </dl>
    ${unfinished}`;
}

function ofModel({ plan, summary, name }: ReportSource, model: string, several: boolean): Markup {
  const cells = summary.cells.filter((cell) => cell.model === model);
  const evaluators = [...new Set(cells.map(({ evaluator }) => evaluator))];
  const tables = evaluators.map((evaluator) => ({
    evaluator,
    table: rateTable(plan, summary, model, evaluator),
  }));
  const costs = tables[0]?.table ?? rateTable(plan, summary, model, '');
  const on = several ? ` on ${model}` : '';
  return html`${tables.map(
      ({ evaluator, table }) =>
        html`<section>
          <h2>Attack success${on}, as judged by <em>${name(evaluator)}</em></h2>
          ${conclusions(table, name, directRequest).map((sentence) => html`<p>${sentence}</p> `)} ${scale}
          ${matrix(table, name)}
        </section> `,
    )}${
      tables.length === 0
        ? html`<h2>Attack success${on}</h2>
            <p>Nothing is measured yet, or the plan has no evaluator of harm or openings.</p>`
        : null
    }
    <section>
      <h2>Costs${on}</h2>
      <h3>Attacks</h3>
      <p class="hint">
        Each attack is made once, on the undefended model; totals, and for each behavior. Queries are answers
        of the model under attack; scored are texts whose likelihood was read off it without writing;
        gradients are passes back through it. Tokens and time are of all models, and hold the making, one
        answer and its judging; tokens do not hold what was only
        scored.${
          plan.replay
            ? ' This run put results of an earlier run to its models, so its time is without the making.'
            : null
        }
      </p>
      ${attacks(costs, name)}
      ${budgetCurves(
        (summary.budgets ?? []).filter((curve) => {
          return curve.model === model && curve.evaluator === tables[0]?.evaluator;
        }),
        name,
      )}
      ${sampledRates(
        (summary.samples ?? []).filter((sampled) => {
          return sampled.model === model && sampled.evaluator === tables[0]?.evaluator;
        }),
        name,
      )}
      <h3>Defenses</h3>
      <p class="hint">
        Over-refusal: share of harmless look-alikes refused, asked plainly; lower is better. Utility: share of
        plain requests solved; higher is better. Times are against the bare model, on the plain requests that
        both answered; not compared where a defense needs another engine. Added queries and tokens are what
        answers take on all models, less what the undefended answers to the same requests take: fewer where a
        defense declines before anything is written. Queries, tokens and time under all attacks are of answers
        and verdicts, without the making of the attacks.
      </p>
      ${defenses(costs, name)} ${preparation(summary.preparation ?? [], model, name)}
      ${attackedTasks(summary.attackedUtility ?? [], model, name)}
      ${baselines(summary.baselines ?? [], model, name)} ${claims(summary.claims, model, name)}
      ${trust(summary, model, name)} ${detectors(summary.detectors ?? [], model, name)}
      ${
        cells.length === 0
          ? null
          : html`<details>
              <summary>Every attack against every defense in numbers</summary>
              ${pairs(cells, name)}
            </details>`
      }
      ${
        tables.every(({ table }) => table.checks.length === 0)
          ? null
          : html`<details>
              <summary>Every difference, behavior by behavior</summary>
              ${tables.map(({ table }) => differences(table.checks, name))}
            </details>`
      }
    </section> `;
}

const scale = html`<div class="scale" aria-hidden="true">
  ${[0, 25, 50, 75, 100].map(
    (share) =>
      html`<span class="ramp-${Math.min(3, share / 25)}" style="--share: ${share === 100 ? 100 : 0}%"
        >${share}%</span
      >`,
  )}
</div>`;

const staticHint =
  'A static attack is made on the undefended model and its result put to every defense. Its rate under a defense is one ' +
  'of transfer, not of an attacker who knows the defense.';
const adaptiveHint =
  'An adaptive attack is made on the defended model of each column: a black-box one asks it, others also read the model ' +
  'as the defenses show it, at the tier of access that the cell names. Filter: it drops what a defense would turn away. ' +
  'EOT: it averages over draws of a random defense. Answers: a defense also acts on answers, which the attack sees only ' +
  'in those that it asks for. “Not possible” means that a defense has no view for the tier that the attack needs.';
const modesHint: Readonly<Record<NonNullable<Plan['attackMode']>, string>> = {
  static: staticHint,
  adaptive: adaptiveHint,
  both: `${staticHint} ${adaptiveHint} The two never share a number: each cell shows the mode with the higher rate, and the other below it.`,
};

const reading = (plan: Plan): Markup =>
  html`<h2>How the numbers come about</h2>
    <ul>
      <li>
        A rate is successes over trials that were asked and could be decided. A trial that failed or whose
        answer is empty counts as it would for the user: no harm, nothing solved, a harmless request refused.
        The rate over scored answers alone is written below where such trials exist.
      </li>
      <li>
        A trial that an evaluator could not tell is left out of its rate; n says “decided/asked” where the two
        differ, and the thin line and the range below it show what the rate would be if all of these were no,
        and if all were yes.
      </li>
      <li>
        Intervals of rates are Wilson’s, 95%. Two rates on the same behaviors are compared behavior by
        behavior, by McNemar’s exact test, two-sided. Sentences and tables of differences adjust its p by Holm
        for all comparisons of a model by one evaluator; what attacks reach beside their baselines is not
        adjusted. Behaviors needed are those that would tell a difference of this size after that adjustment,
        four times in five.
      </li>
      <li>
        Intervals of times and amounts are 95%, by Student’s t, over differences on the same requests. The
        columns were computed one after the other, so a device that slows down over hours shows in their
        times. Times are those of trials that share batches of up to ${plan.concurrency}.
      </li>
      <li>${modesHint[plan.attackMode ?? 'static']}</li>
      <li>The same plan and seed on the same device give the same trials, times aside.</li>
    </ul>`;
