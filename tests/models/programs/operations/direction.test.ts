import { editStream, project } from '../../../../src/models/programs/operations/direction.ts';
import { dot, rowsOf, values } from '../values.ts';
import { checkOperation } from './check.ts';

const axis = values([4], [0.5, -0.5, 0.1, 0.7].map(Math.fround)); // of length 1
const nothing = values([4], [0, 0, 0, 0]);

for (const [title, given] of [
  ['a direction taken out of the stream', axis],
  ['a vector added to the stream', nothing],
] as const)
  checkOperation(title, {
    inputs: { x: [5, 4], offset: [4] },
    given: { axis: given },
    forward: (g) => editStream(g, 'x', 'axis', 'offset'),
    reference: ({ x, axis, offset }) =>
      values(
        [5, 4],
        rowsOf(x!).flatMap((row) =>
          Array.from(row, (value, i) => value - dot(row, axis!.data) * axis!.data[i]! + offset!.data[i]!),
        ),
      ),
    vjp: (g, dy) => ({ x: project(g, dy, 'axis') }),
  });
