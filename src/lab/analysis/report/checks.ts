/** @file The checks in a report: success that attacks claimed beside success that evaluators found, and faulty outputs. */
import { amount, pValue } from '../../../core/format.ts';
import { isAdaptive } from '../../plan/attack-mode.ts';
import type { Integrity, OutputCheck } from '../../records/integrity.ts';
import type { BaselineCheck, ClaimCheck, Spending } from '../../records/summary.ts';
import { columnHead, nothing, rateCell, rowHead, table } from './cells.ts';
import { html, type Markup } from './html.ts';
import type { Name } from './methods.ts';

/** Attack-time success beside replayed success; `null` where no attack tests its own success. */
export function claims(all: readonly ClaimCheck[], model: string, name: Name): Markup | null {
  const own = all.filter((check) => check.model === model);
  if (own.length === 0) return null;
  const evaluators = [...new Set(own.flatMap(({ replayed }) => replayed.map(({ evaluator }) => evaluator)))];
  const body = own.map(({ attack, claimed, replayed, search }) => {
    const found = evaluators.map((id) =>
      rateCell(replayed.find(({ evaluator }) => evaluator === id) ?? null),
    );
    return html`<tr>
      ${rowHead(name(attack))}${rateCell(claimed)}${found}
      <td>${search ? `${search.falseSuccesses} of ${search.checked}` : ''}</td>
    </tr> `;
  });
  const head = [
    'Attack',
    'Reported by the attack',
    ...evaluators.map((id) => `${name(id)} finds`),
    'Turned down',
  ];
  return html`<h3>What attacks claimed</h3>
    <p class="hint">
      Some attacks test their success while they search. Their verdict, beside that of the evaluators on the
      undefended answer to what they found. Turned down: answers whose words passed, and which the judge or
      the guard of the search did not take for a success.
    </p>
    ${table({
      caption: 'Success that attacks claimed, and success on replay',
      className: 'attacks numbers',
      head: head.map((title, i) => columnHead(title, i === 0 ? '' : 'measured')),
      body,
    })}
    ${variants(own, name)}`;
}

/** Ways of asking, each with the behaviors on which it was tried and was answered; controls apart. */
function variants(checks: readonly ClaimCheck[], name: Name): Markup {
  const rows = checks.flatMap(({ attack, search }) => [
    ...(search?.variants ?? []).map((rate) => ({ attack, rate, kind: '' })),
    ...(search?.controls ?? []).map((rate) => ({ attack, rate, kind: ' (control)' })),
  ]);
  if (rows.length === 0) return nothing;
  return table({
    caption: 'Answered by way of asking, of the behaviors on which the search tried it',
    className: 'attacks numbers',
    head: ['Way of asking', 'Attack', 'Answered'].map((title, i) =>
      columnHead(title, i === 2 ? 'measured' : ''),
    ),
    body: rows.map(
      ({ attack, rate, kind }) =>
        html`<tr>
          ${rowHead(`${rate.name}${kind}`)}
          <td>${name(attack)}</td>
          ${rateCell(rate)}
        </tr> `,
    ),
  });
}

const spent = ({ queries, sequences, gradients }: Spending): string =>
  [
    `${amount(queries)} queries`,
    ...(sequences > 0 ? [`${amount(sequences)} scored`] : []),
    ...(gradients > 0 ? [`${amount(gradients)} gradients`] : []),
  ].join(', ');

/** Searches beside their baselines; `null` where the plan does not hold both. */
export function baselines(all: readonly BaselineCheck[], model: string, name: Name): Markup | null {
  const own = all.filter((check) => check.model === model && check.paired > 0);
  if (own.length === 0) return null;
  const of = (successes: number, { paired }: BaselineCheck, cost: Spending) =>
    html`<td>${successes} of ${paired}<span class="small">${spent(cost)} each</span></td>`;
  return html`<h3>Beside their baselines</h3>
    <p class="hint">
      A baseline spends queries without the method’s own idea. Both on the undefended model, paired by
      behavior; p is McNemar’s exact test, two-sided. What a baseline reached only beyond the most that the
      attack spent on one behavior does not count; a gradient is taken for three queries.
    </p>
    ${table({
      caption: 'Success of searches and of their baselines',
      className: 'attacks numbers',
      head: [
        columnHead('Attack'),
        ...['Baseline', 'Evaluator'].map((title) => columnHead(title, 'text')),
        ...['Attack succeeds', 'Baseline succeeds', 'Only attack', 'Only baseline', 'p'].map((title) =>
          columnHead(title),
        ),
      ],
      body: own.map(
        (check) =>
          html`<tr>
            ${rowHead(name(check.attack))}
            <td class="text">${name(check.baseline)}</td>
            <td class="text">${name(check.evaluator)}</td>
            ${of(check.successes, check, check.spent.attack)}
            ${of(check.baselineSuccesses, check, check.spent.baseline)}
            <td>${check.onlyAttack}</td>
            <td>${check.onlyBaseline}</td>
            <td>${check.p === null ? '–' : pValue(check.p)}</td>
          </tr> `,
      ),
    })}`;
}

const faults = [
  ['failed', 'No answer'],
  ['empty', 'Empty'],
  ['truncated', 'Truncated'],
  ['unreadable', 'Unreadable'],
  ['unscored', 'No score'],
] as const;

const isFaulty = (check: OutputCheck): boolean =>
  check.duplicates > 0 || faults.some(([field]) => (check[field] ?? 0) > 0);

export function integrity({ outputs, warnings }: Integrity, several: boolean, name: Name): Markup {
  const faulty = outputs.filter(isFaulty);
  const body = faulty.map((check) => {
    const counts = faults.map(([field]) => html`<td>${check[field] ?? '–'}</td>`);
    const copies = check.results === 0 ? nothing : html`<td>${check.duplicates} of ${check.results}</td>`;
    const attack = `${name(check.attack)}${isAdaptive(check) ? ' (adaptive)' : ''}`;
    const title = several ? `${attack} on ${check.model}` : attack;
    return html`<tr>
      ${rowHead(title)}
      <td class="text">${check.defense === undefined ? 'all defenses' : name(check.defense)}</td>
      <td>${check.trials}</td>
      ${counts}${copies}
    </tr> `;
  });
  const said =
    warnings.length === 0
      ? html`<p>Nothing stands out.</p>`
      : html`<ul class="warnings">
          ${warnings.map((warning) => html`<li>${warning}</li>`)}
        </ul>`;
  return html`<h2>Integrity of the outputs</h2>
    ${said}
    <p class="hint">
      Outputs were checked for each attack behind each defense; ${outputs.length - faulty.length} of
      ${outputs.length} such cells hold none of what is counted here.
    </p>
    ${
      faulty.length === 0
        ? null
        : table({
            caption: 'What is wrong with outputs, by attack and defense',
            className: 'attacks numbers',
            head: [
              columnHead('Attack'),
              columnHead('Defense', 'text'),
              ...['Trials', ...faults.map(([, title]) => title), 'Copied results'].map((title) =>
                columnHead(title),
              ),
            ],
            body,
          })
    }`;
}
