/** @file Ids and names that a user gives. They stand in records, seeds, addresses and file names. */
import { z } from 'zod';

/** Most characters of an id or a name. */
export const mostNameCharacters = 300;

/**
 * Anything but control characters and halves of a character, which addresses and files cannot hold, and words that every
 * object has, such as `constructor`: what is looked up by a name would find them where nothing has it.
 */
export const nameSchema = z
  .string()
  .min(1)
  .max(mostNameCharacters)
  .regex(/^[^\p{Cc}\p{Cs}]*$/u, 'It must be text without control characters or broken characters')
  .refine((name) => !(name in Object.prototype), 'It must not be a word that JavaScript keeps for itself');
