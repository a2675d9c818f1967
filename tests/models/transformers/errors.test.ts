import { expect, test } from 'vitest';
import { explainLoad } from '../../../src/models/runtimes/transformers/errors.ts';

test('an engine that does not start is no fault of the model', () => {
  const error = new Error('no available backend found. ERR: [wasm] RuntimeError: Aborted(CompileError)');
  expect(explainLoad('tiny', error)).toMatchObject({
    code: 'unreachable',
    message: 'The engine that runs tiny could not be started.',
    advice: expect.stringContaining('Repair') as string,
  });
});

test('a model that does not start is', () => {
  expect(explainLoad('tiny', new Error('Invalid protobuf'))).toMatchObject({ code: 'bad-model' });
});
