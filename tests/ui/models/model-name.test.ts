import { expect, test } from 'vitest';
import { nameProblem } from '../../../src/ui/models/model-name.ts';

const problemOf = (name: string) => nameProblem(name, 'https://lab.example');

test.each(['C:\\models\\llama', 'c:/models/llama', '/home/me/llama', '~/llama', '../llama', 'file:///llama'])(
  'the path %s is told from a name, and the reader what to do',
  (path) => expect(problemOf(path)).toContain('Pick the folder'),
);

test('an address of another site is not asked, and the reader is told what to do', () => {
  expect(problemOf('https://example.com/model/')).toMatch(/nothing from example\.com.*drop them/);
  expect(problemOf('https://huggingface.co/org/name/tree/main')).toMatch(/org\/name$/);
});

test.each(['org/name', 'org/name-GGUF:file.gguf', 'tinytown-chat', 'https://lab.example/models/own/'])(
  '%s may be asked for',
  (name) => expect(problemOf(name)).toBeNull(),
);
