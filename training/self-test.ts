/** @file Writes `selftest.json`: the logits after forty tokens, by which the lab checks that a device computes correctly. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tinytown } from '../src/data/tinytown/behaviors.ts';
import type { ArrayDevice } from '../src/models/arrays/array-device.ts';
import type { ChatTokenizer } from '../src/models/chat-tokenizer.ts';
import { createWhiteBoxModel } from '../src/models/runtimes/whitebox/index.ts';
import { config } from './recipe.ts';
import { modelFolder, readModelWeights } from './write-model.ts';

const length = 40;

/** The logits are those of the stored half-precision weights. */
export async function writeSelfTest(
  device: ArrayDevice,
  id: string,
  tokenizer: ChatTokenizer,
): Promise<void> {
  const text = tinytown.behaviors
    .slice(0, 8)
    .map(({ prompt }) => prompt)
    .join(' ');
  const ids = tokenizer.prompt([{ role: 'user', content: text }]).slice(0, length);
  const model = createWhiteBoxModel({ id, device, config, weights: readModelWeights(id), tokenizer });
  const session = await model.open([ids]);
  const logits = Array.from(session.logits(0), (logit) => Number(logit.toFixed(4)));
  await session.close();
  model.dispose();
  writeFileSync(join(modelFolder(id), 'selftest.json'), `${JSON.stringify({ ids, logits })}\n`);
}
