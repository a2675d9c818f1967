/** @file Ids and names that a user gives. They stand in records, seeds, addresses and file names. */
import { z } from 'zod';

/** Most characters of an id or a name. */
export const mostNameCharacters = 300;

/** Anything but control characters and halves of a character, which addresses and files cannot hold. */
export const nameSchema = z
  .string()
  .min(1)
  .max(mostNameCharacters)
  .regex(/^[^\p{Cc}\p{Cs}]*$/u, 'It must be text without control characters or broken characters');
