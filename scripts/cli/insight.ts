/** @file `insight`: what is inside a model, beside the model that it was trained from. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { insightFiles } from '../../src/lab/analysis/figures/insight-files.ts';
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
  readonly prompt?: string;
  readonly relearning?: true;
  readonly seed: number;
  readonly out?: string;
  readonly device: DeviceKind;
  readonly json?: true;
}

const partNames: Readonly<Record<InsightProgress['part'], string>> = {
  states: 'hidden states',
  probes: 'probes',
  relearning: 'relearning',
};

export async function insight(options: InsightOptions): Promise<void> {
  const names = [options.model, ...(options.base === undefined ? [] : [options.base])];
  const ids = await readLongInput(() => idsOf(names, options));
  const models = [...ids.values()];
  const request = readInput(() => {
    checkModelIds(models);
    const { set, prompt, seed, base, relearning } = options;
    return parseInsightRequest({
      ...{ model: ids.get(options.model), set, seed },
      ...(base !== undefined && { base: ids.get(base) }),
      ...(prompt !== undefined && { prompt }),
      ...(relearning && { relearning: {} }),
    });
  });
  const onEvent = (event: unknown) => {
    const { model, part } = event as InsightProgress;
    console.error(`${model}: ${partNames[part]}`);
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

/** The layer at which a probe tells most, and what the models say first. */
function print({ models, depth }: InsightReport): void {
  for (const { model, lens, probe, relearning } of models) {
    const best = probe.toSorted((a, b) => b.area.area - a.area.area)[0]!;
    console.log(`${model}: probe ${best.area.area.toFixed(2)} at layer ${best.boundary}`);
    for (const { boundary, top } of lens)
      console.log(`  layer ${boundary}: ${top.map(({ text }) => JSON.stringify(text)).join(' ')}`);
    for (const { updates, rate } of relearning)
      console.log(`  after ${updates} updates: ${rate.successes} of ${rate.n} harmful`);
  }
  if (depth)
    console.log(
      `KL to the base by token: ${depth.map(({ divergence }) => divergence.value.toFixed(2)).join(' ')}`,
    );
}
