/**
 * @file A level that a player built, as text for a link. It is encoded so that the password cannot be read at a glance; it
 * is not encrypted. Links are untrusted: what does not fit is refused with the reason.
 */
import { z } from 'zod';
import { fromBase64Url, toBase64Url } from '../../core/base64url.ts';
import { LabError } from '../../core/errors.ts';
import { excerpt, issueTexts } from '../../core/excerpt.ts';
import { fingerprint } from '../../core/hash.ts';
import { nameSchema } from '../../core/name.ts';
import { sizeProblem } from '../../core/nesting.ts';
import { parseOptions } from '../../core/options.ts';
import { hasSlot } from '../../core/slots.ts';
import { fewestLetters } from '../../evaluators/secret-leak/find-secret.ts';
import { bareLetters } from '../../evaluators/secret-leak/variants.ts';
import type { Catalogue } from '../plan/catalogue.ts';
import { knowsTinytown } from '../plan/find-models.ts';
import { modelNamed } from './level-model.ts';
import { forbiddenDeeds, type VaultLevel } from './level.ts';

const version = 1;

/** Far more than any level takes, and short enough for every browser's address. */
const mostCharacters = 16_000;
const jsonLimits = { depth: 6, values: 500 } as const;

const guardedSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('deed'),
    deed: z.string().refine((id) => forbiddenDeeds.has(id), 'It must be a deed that Tinytown forbids'),
  }),
  z.strictObject({
    kind: z.literal('password'),
    password: z
      .string()
      .max(100)
      .refine(
        (password) => bareLetters(password).length >= fewestLetters,
        `It must have at least ${fewestLetters} letters or digits`,
      ),
  }),
]);

const builtLevelSchema = z
  .strictObject({
    version: z.literal(version, `It must be ${version}`),
    title: z.string().trim().min(1).max(80),
    model: nameSchema,
    instructions: z.string().max(2000),
    guarded: guardedSchema,
    defenses: z
      .array(z.strictObject({ id: nameSchema, options: z.record(z.string(), z.unknown()).optional() }))
      .max(8),
  })
  .refine(
    ({ guarded, instructions }) => guarded.kind === 'deed' || hasSlot(instructions, 'password'),
    'The instructions must hold {password}, or the model does not know it',
  );

/** What a link carries: a level without its id, which is made of the rest. */
export type BuiltLevel = Omit<VaultLevel, 'id'>;

type Refuse = (reason: string) => LabError;

const unreadable: Refuse = (reason) =>
  new LabError('bad-input', `This link holds no level that can be played: ${excerpt(reason, 400)}.`, {
    advice: 'Ask whoever sent it to copy the link again, or play one of the eight levels.',
  });

const unfinished: Refuse = (reason) =>
  new LabError('bad-input', `This level cannot be shared yet: ${excerpt(reason, 400)}.`, {
    advice: 'Correct what is named above.',
  });

/** @throws LabError 'bad-input' for a level that `readLevelLink` would refuse */
export function writeLevelLink({ title, model, instructions, guarded, defenses }: BuiltLevel): string {
  const chosen = defenses.map(({ id, options }) => ({ id, ...(options && { options }) }));
  const level = checked({ version, title, model, instructions, guarded, defenses: chosen }, unfinished);
  const link = toBase64Url(new TextEncoder().encode(JSON.stringify({ version, ...level })));
  if (link.length > mostCharacters) throw unfinished('it is too long for a link');
  return link;
}

/** @throws LabError 'bad-input' with the reason */
export function readLevelLink(link: string): VaultLevel {
  if (link.length > mostCharacters) throw unreadable('it is too long');
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(fromBase64Url(link)));
  } catch {
    throw unreadable('a part of it is missing or changed');
  }
  const problem = sizeProblem(json, jsonLimits);
  if (problem !== null) throw unreadable(problem);
  return { id: `shared-${fingerprint(link).slice(0, 16)}`, ...checked(json, unreadable) };
}

function checked(input: unknown, refuse: Refuse): BuiltLevel {
  const parsed = builtLevelSchema.safeParse(input);
  if (!parsed.success) throw refuse(issueTexts(parsed.error.issues, 'level').join('; '));
  const { title, model, instructions, guarded, defenses } = parsed.data;
  return {
    ...{ title, model, instructions, guarded },
    defenses: defenses.map(({ id, options }) => ({ id, ...(options && { options }) })),
  };
}

/**
 * The level as this device plays it: with the id of the model that it means.
 * @throws LabError 'unknown-model', 'unknown-method' or 'bad-options' that says what is missing here
 */
export function fitted<L extends BuiltLevel>(level: L, catalogue: Pick<Catalogue, 'models' | 'defenses'>): L {
  const { model, guarded, defenses } = level;
  const entry = modelNamed(model, catalogue.models);
  if (!entry)
    throw new LabError(
      'unknown-model',
      `This level needs the model "${excerpt(model)}", which is not here.`,
      {
        advice: 'Add it on the Models page, then open the link again.',
      },
    );
  if (guarded.kind === 'deed' && !knowsTinytown(entry))
    throw new LabError('bad-input', `${entry.title} does not know Tinytown, so it cannot guard a deed.`, {
      advice: 'Ask whoever built the level to choose a Tinytown model or a password.',
    });
  for (const { id, options } of defenses) {
    const card = catalogue.defenses.find((defense) => defense.id === id);
    if (!card)
      throw new LabError(
        'unknown-method',
        `This level uses the defense "${excerpt(id)}", which is not here.`,
        {
          advice: 'Open it with the version of the lab that it was built with.',
        },
      );
    parseOptions(card.options, options, id);
  }
  return { ...level, model: entry.id };
}
