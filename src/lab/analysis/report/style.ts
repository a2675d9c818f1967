/** @file The look of a report: the colours of the pages, on a screen, on a phone and on paper. */

/** The custom properties are those of the pages and have their values; a test compares them. */
export const style = `
:root {
  color-scheme: light dark;
  --paper: light-dark(#f5f5f1, #121416);
  --surface: light-dark(#ffffff, #1a1d20);
  --line: light-dark(#dcdcd4, #2e3338);
  --edge: light-dark(#7f827c, #767d84);
  --ink: light-dark(#17191c, #eeece6);
  --ink-soft: light-dark(#4a4f55, #b9bcc0);
  --ink-faint: light-dark(#5f646a, #989da3);
  --focus: light-dark(#1d5bd6, #8ab4ff);
  --attack: light-dark(#b0351a, #ff9b7d);
  --defense: light-dark(#0a6863, #5fd0c5);
  --evaluator: light-dark(#6340b8, #c0a8ff);
  --airlock: light-dark(#855400, #f5c15d);
  --airlock-tint: light-dark(#fcf0d4, #36280b);
  --ramp-0: light-dark(#e4edf4, #233039);
  --ramp-1: light-dark(#f3e6d4, #3f3a3a);
  --ramp-2: light-dark(#f0b88c, #7a4433);
  --ramp-3: light-dark(#c94d29, #c94d29);
  --ramp-4: light-dark(#84190c, #ffb08c);
  --ramp-pale-ink: light-dark(#000000, #ffffff);
  --ramp-deep-ink: light-dark(#ffffff, #000000);
}
* { box-sizing: border-box; }
body {
  margin: 0 auto;
  max-width: 1280px;
  padding: 32px clamp(12px, 4vw, 48px) 64px;
  background: var(--paper);
  color: var(--ink);
  font: 16px/1.5 'Inter Variable', Inter, system-ui, sans-serif;
}
h1 { margin: 0 0 12px; font-size: 2rem; line-height: 1.2; overflow-wrap: anywhere; }
h2 { margin: 48px 0 8px; padding-top: 16px; border-top: 1px solid var(--line); font-size: 1.25rem; }
h3 { margin: 32px 0 8px; font-size: 1rem; }
h2 em, h3 em { color: var(--evaluator); font-style: normal; }
p, li { max-width: 75ch; }
p { margin: 8px 0; }
ul { margin: 8px 0; padding-left: 20px; }
.kind { margin: 0; color: var(--ink-soft); font-size: 0.875rem; }
.facts { display: grid; grid-template-columns: max-content 1fr; gap: 2px 16px; margin: 0; font-size: 0.875rem; }
.facts dt { color: var(--ink-faint); }
.facts dd { margin: 0; overflow-wrap: anywhere; }
.note, .warnings { padding: 8px 16px; border-radius: 6px; background: var(--airlock-tint); }
.warnings { padding-left: 32px; }
.hint { color: var(--ink-soft); font-size: 0.875rem; }
.scroll { overflow-x: auto; border: 1px solid var(--line); border-radius: 6px; background: var(--surface); }
.scroll:focus-visible, summary:focus-visible { outline: 2px solid var(--focus); outline-offset: 2px; }
table { width: 100%; border-collapse: separate; border-spacing: 0; font-size: 0.875rem; line-height: 1.3; }
caption { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
th, td { padding: 8px 12px; border-bottom: 1px solid var(--line); text-align: left; vertical-align: bottom; }
td, tbody th { vertical-align: middle; }
td { font-variant-numeric: tabular-nums; }
th { font-weight: 600; }
thead th { border-bottom-color: var(--edge); color: var(--ink-soft); }
tbody tr:last-child > * { border-bottom: 0; }
tbody th, thead th:first-child {
  position: sticky;
  z-index: 1;
  left: 0;
  border-right: 1px solid var(--edge);
  background: var(--surface);
}
.attacks tbody th, .matrix tbody th { color: var(--attack); }
.defenses tbody th, .matrix thead th + th { color: var(--defense); }
.numbers td:not(.text) { text-align: right; white-space: nowrap; }
.numbers thead th:not(:first-child):not(.text):not(.measured) { text-align: right; }
.small { display: block; color: var(--ink-soft); font-size: 0.75rem; white-space: nowrap; }
.none { color: var(--ink-faint); }
.matrix { table-layout: fixed; min-width: calc(148px + var(--columns) * 104px); }
.matrix thead th:first-child { width: 148px; font-size: 0.75rem; }
.matrix td { border-right: 1px solid var(--surface); border-bottom-color: var(--surface); }
.rate { display: block; font-size: 1.125rem; font-weight: 600; line-height: 1.2; }
.drawn { display: flex; flex-wrap: wrap; justify-content: space-between; column-gap: 8px; font-size: 0.75rem; white-space: nowrap; }
.numbers .rate { font-size: 0.875rem; }
.numbers td.measured, .numbers thead th.measured { min-width: 132px; text-align: left; }
svg { display: block; width: 100%; height: 8px; margin: 3px 0; }
.axis { fill: currentcolor; opacity: 0.35; }
.span { fill: currentcolor; opacity: 0.5; }
.at, .bounds { fill: currentcolor; }
.roc { display: inline-block; width: 180px; margin: 8px 16px 8px 0; vertical-align: top; font-size: 12px; }
.roc svg { display: block; width: 124px; height: 124px; }
.roc .axis { fill: none; stroke: currentcolor; }
.roc polyline { fill: none; stroke: currentcolor; stroke-width: 2; }
.roc .chance { opacity: 0.35; stroke-width: 1; stroke-dasharray: 3 3; }
.measured .small, .matrix .small { white-space: normal; }
.ramp-0, .ramp-1, .ramp-2, .ramp-3 { color: var(--ramp-pale-ink); print-color-adjust: exact; -webkit-print-color-adjust: exact; }
.ramp-0 { background: color-mix(in oklab, var(--ramp-1) var(--share), var(--ramp-0)); }
.ramp-1 { background: color-mix(in oklab, var(--ramp-2) var(--share), var(--ramp-1)); }
.ramp-2 { background: color-mix(in oklab, var(--ramp-3) var(--share), var(--ramp-2)); }
.ramp-3 { background: color-mix(in oklab, var(--ramp-4) var(--share), var(--ramp-3)); color: var(--ramp-deep-ink); }
.scale { display: flex; max-width: 360px; margin: 8px 0; font-size: 0.75rem; }
.scale span { flex: 1; padding: 2px 6px; text-align: center; }
details { margin: 16px 0; }
summary { padding: 8px 0; color: var(--ink-soft); cursor: pointer; }
pre {
  padding: 16px;
  border: 1px solid var(--line);
  border-radius: 6px;
  background: var(--surface);
  font: 0.75rem/1.5 'JetBrains Mono Variable', ui-monospace, monospace;
  white-space: pre-wrap;
  overflow-wrap: anywhere;
}
@media (max-width: 719px) {
  h1 { font-size: 1.625rem; }
  th, td { padding: 8px; }
  .matrix thead th:first-child { width: 104px; }
  .matrix { min-width: calc(104px + var(--columns) * 96px); }
  tbody th { font-size: 0.75rem; }
  .matrix tbody th { overflow-wrap: anywhere; }
  .facts { display: block; }
  .facts dd { margin-bottom: 6px; }
}
@media print {
  @page { size: landscape; margin: 12mm; }
  :root { color-scheme: light; --paper: #ffffff; }
  body { max-width: none; padding: 0; font-size: 10pt; }
  .scroll { overflow: visible; }
  table, .matrix { min-width: 0; }
  .matrix, .matrix .drawn, .matrix .rate { font-size: clamp(4pt, calc(130pt / (var(--columns) + 2)), 9pt); }
  .matrix th, .matrix td { padding: 2pt; overflow-wrap: anywhere; }
  .matrix thead th:first-child { width: 12%; }
  tr, h2, h3 { break-inside: avoid; break-after: avoid-page; }
  tr { break-after: auto; }
}
`;
