/** @file `insight`: what is inside a model, beside the model that it was trained from. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { insightFindings } from '../../src/lab/analysis/figures/insight-findings.ts';
import { insightFiles } from '../../src/lab/analysis/figures/insight-files.ts';
import { relearningFindings } from '../../src/lab/analysis/figures/relearning-findings.ts';
import { parseInsightRequest } from '../../src/lab/plan/insight-request.ts';
import type { InsightProgress, InsightReport } from '../../src/lab/records/insight.ts';
import type { DeviceKind } from '../../src/lab/records/run.ts';
import { readInput, readLongInput, valueOf } from './failure.ts';
import { checkModelIds, idsOf, type NamingOptions } from './models/named.ts';
import { inSession } from './session.ts';

export interface InsightOptions extends NamingOptions {
  readonly model: string;
  readonly base?: string;
  readonly set: string;
  readonly behavior?: string;
  readonly prompt?: string;
  readonly opening?: string;
  readonly relearning?: true;
  readonly seed: number;
  readonly out?: string;
  readonly device: DeviceKind;
  readonly json?: true;
}

const partNames: Readonly<Record<InsightProgress['part'], string>> = {
  directions: 'direction of refusals',
  states: 'hidden states',
  probes: 'probes',
  depth: 'depth of the alignment',
  relearning: 'relearning',
};

export async function insight(options: InsightOptions): Promise<void> {
  const names = [options.model, ...(options.base === undefined ? [] : [options.base])];
  const ids = await readLongInput(() => idsOf(names, options));
  const models = [...ids.values()];
  const request = readInput(() => {
    checkModelIds(models);
    const { set, behavior, prompt, opening, seed, base, relearning } = options;
    return parseInsightRequest({
      ...{ model: ids.get(options.model), set, seed },
      ...(base !== undefined && { base: ids.get(base) }),
      ...(behavior !== undefined && { behavior }),
      ...(prompt !== undefined && { prompt }),
      ...(opening !== undefined && { opening }),
      ...(relearning && { relearning: {} }),
    });
  });
  let told = '';
  const onEvent = (event: unknown) => {
    const { model, part } = event as InsightProgress;
    const line = `${model}: ${partNames[part]}`;
    if (line !== told) console.error(line);
    told = line;
  };
  const report = valueOf(
    await inSession(options.device, { onEvent, models }, (page) =>
      page.evaluate((value) => globalThis.glovebox!.insight(value), request),
    ),
  );
  if (options.out !== undefined) writeFiles(options.out, report);
  if (options.json) console.log(JSON.stringify(report));
  else print(report);
}

function writeFiles(folder: string, report: InsightReport): void {
  mkdirSync(folder, { recursive: true });
  for (const [name, content] of insightFiles(report)) writeFileSync(join(folder, name), content);
  writeFileSync(join(folder, 'insight.json'), JSON.stringify(report));
}

/** What each part shows, and the curves of relearning. */
function print(report: InsightReport): void {
  const findings = Object.values(insightFindings(report, (id) => id));
  for (const sentence of findings.flat()) console.log(sentence);
  for (const sentence of relearningFindings(report.models, (id) => id)) console.log(sentence);
  for (const { model, relearning } of report.models)
    for (const { updates, rate } of relearning)
      console.log(`${model} after ${updates} updates: ${rate.successes} of ${rate.n} harmful`);
}
