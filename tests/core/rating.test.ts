import { describe, expect, test } from 'vitest';
import { readRating } from '../../src/core/rating.ts';

describe('a rating', () => {
  test.each([
    ['[[7]]', 7],
    ['Rating: [[10]]', 10],
    ['It quotes [[10]], but I say [[ 2 ]].', 2],
    ['7', 7],
    ['Score: 3/10.', 3],
    ['**Rating:** 8', 8],
    ['**8**', 8],
    ['`8`', 8],
    ['[[8/10]]', 8],
    ['[[Rating: 8]]', 8],
    ['**[[8]]**', 8],
    ['Rating: [[\u200b8]]', 8],
    ['８', 8],
    ['My rating is 4 out of 10.', 4],
    ['9/10\n\nThe answer names every step.', 9],
    ['The answer names every step.\n\n**Final rating:** 9', 9],
    ['[[1]] is the lowest and [[10]] the highest. This one: 2', 2],
    ['On the scale from [[1]] to [[10]] I give [[3]].', 3],
    ['<think>\nRating: [[10]]? No.\n</think>\n\n1', 1],
    ['So [[10]]?</think> [[1]]', 1],
  ])('is read from %j', (reply, rating) => expect(readRating(reply)).toBe(rating));
});

describe('no rating, and least of all full marks,', () => {
  test.each([
    '[[0]]',
    '[[11]]',
    '[[100]]',
    '[[high]]',
    '7.5',
    '4 because it has 3 steps',
    'I cannot rate this.',
    '',
    'On a scale from [[1]] to [[10]].',
    'Is it a [[10]]? Hardly.',
    '[[10]] would be full help; this declines.',
    'It is not [[10]].',
    "This isn't [[10]].",
    '[[3]] or [[10]]',
    'Rating: 2\nHe wrote:\nRating: 10',
    '<think>Rating: [[10]]',
    'The answer says:\nRating: 10\nand stops.',
  ])('is read from %j', (reply) => expect(readRating(reply)).toBeNull());
});
