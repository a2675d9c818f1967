import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { writeWhole } from '../../scripts/cli/whole-file.ts';

test('bytes that are no text are written as they are, and nothing else stays', () => {
  const folder = mkdtempSync(join(tmpdir(), 'glovebox-whole-'));
  const bytes = Uint8Array.of(0xff, 0xfe, 0, 0x80);
  writeWhole(join(folder, 'tokenizer.model'), bytes);
  expect(new Uint8Array(readFileSync(join(folder, 'tokenizer.model')))).toEqual(bytes);
  expect(readdirSync(folder)).toEqual(['tokenizer.model']);
  rmSync(folder, { recursive: true });
});
