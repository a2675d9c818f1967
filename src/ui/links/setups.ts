/**
 * @file What links to the playground, the studio, the microscope and the insight page carry, as JSON in the hash. Every part is optional.
 * Links are untrusted: a part of the wrong shape is left out, and text that is not JSON is ignored. Whether a model or a
 * method exists is for the page to check. Pure.
 */
import { z } from 'zod';
import { nameSchema } from '../../core/name.ts';
import { sizeProblem } from '../../core/nesting.ts';
import { packNames } from '../../core/templates.ts';

/** Characters of a text; a longer one is cut. */
const maxTextLength = 8000;

/** What a link may hold in all; one that holds more is ignored. */
const limits = { characters: 200_000, depth: 16, values: 20_000 } as const;

/** A part that is left out where it does not fit. */
const part = <T extends z.ZodType>(schema: T) => schema.optional().catch(undefined);
/** Empty where nothing is chosen. */
const id = part(z.union([nameSchema, z.literal('')]));
const text = part(z.string().transform((value) => value.slice(0, maxTextLength)));
const options = part(z.record(z.string(), z.unknown()));
const seed = part(z.int().min(0));
const maxNewTokens = part(z.int().min(1).max(4096));
const temperature = part(z.number().min(0).max(2));
/** A list in which an item that does not fit keeps its place as `null`. */
const listOf = <T extends z.ZodType>(item: T) => part(z.array(item.nullable().catch(null)).max(100));

const playgroundSchema = z.object({
  model: id,
  prompt: text,
  /** The sample that the prompt was taken from, by its set and its id. */
  set: id,
  behavior: id,
  attack: id,
  attackOptions: options,
  stack: listOf(z.object({ id, on: part(z.boolean()), options })),
  temperature,
  maxNewTokens,
});
export type PlaygroundLink = Partial<z.infer<typeof playgroundSchema>>;

const studioSchema = z.object({
  model: id,
  set: id,
  behavior: id,
  /** A request of the user's own and the target answer, in place of a behavior of a set. */
  request: text,
  target: text,
  attack: id,
  options,
  /** The pack that ships; absent where the choice is left to the lab. */
  texts: part(z.enum(packNames)),
  /** Models by role. */
  players: part(z.record(z.string(), z.string().max(300).catch(''))),
  seed,
  maxNewTokens,
  temperature,
});
type StudioJson = z.infer<typeof studioSchema>;
/** `roleModels` is `players` in the JSON, so that older links still open. */
export interface StudioLink extends Partial<Omit<StudioJson, 'players'>> {
  readonly roleModels?: StudioJson['players'] | undefined;
}

const microscopeSchema = z.object({
  model: id,
  prompt: text,
  system: text,
  /** The sample that the prompt was taken from, by its set and its id. */
  set: id,
  behavior: id,
  attack: id,
  attackOptions: options,
  lanes: listOf(z.object({ defense: id, options })),
  compare: part(z.boolean()),
  /** Whether it runs as soon as the link is opened; only models that ship with the lab do. */
  runs: part(z.boolean()),
  seed,
  temperature,
  maxNewTokens,
});
export type MicroscopeLink = Partial<z.infer<typeof microscopeSchema>>;

const insightSchema = z.object({
  model: id,
  /** A model beside it. */
  base: id,
  set: id,
  behavior: id,
  /** What the user says; `{request}` stands for the behavior's request. */
  text,
  opening: text,
});
export type InsightLink = Partial<z.infer<typeof insightSchema>>;

function parseSetup<T extends z.ZodType>(schema: T, setup: string): z.infer<T> | null {
  if (setup.length > limits.characters) return null;
  try {
    const json: unknown = JSON.parse(setup);
    return sizeProblem(json, limits) === null ? (schema.safeParse(json).data ?? null) : null;
  } catch {
    return null;
  }
}

export const writePlaygroundLink = (link: PlaygroundLink): string => JSON.stringify(link);
export const readPlaygroundLink = (setup: string): PlaygroundLink | null =>
  parseSetup(playgroundSchema, setup);

export const writeStudioLink = ({
  roleModels,
  seed,
  maxNewTokens,
  temperature,
  ...rest
}: StudioLink): string => JSON.stringify({ ...rest, players: roleModels, seed, maxNewTokens, temperature });
export function readStudioLink(setup: string): StudioLink | null {
  const json = parseSetup(studioSchema, setup);
  if (!json) return null;
  const { players: roleModels, ...rest } = json;
  return { ...rest, roleModels };
}

export const writeMicroscopeLink = (link: MicroscopeLink): string => JSON.stringify(link);
export const readMicroscopeLink = (setup: string): MicroscopeLink | null =>
  parseSetup(microscopeSchema, setup);

export const writeInsightLink = (link: InsightLink): string => JSON.stringify(link);
export const readInsightLink = (setup: string): InsightLink | null => parseSetup(insightSchema, setup);
