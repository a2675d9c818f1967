/** @file Template packs: prompt texts for attacks, from a user's file, in place of those that ship with the lab. */
import { z } from 'zod';
import type { Attack } from '../../attacks/attack.ts';
import { LabError } from '../../core/errors.ts';
import { excerpt, firstOf, issueTexts } from '../../core/excerpt.ts';
import type { MethodCard } from '../../core/method.ts';
import { nameSchema } from '../../core/name.ts';
import { sizeProblem } from '../../core/nesting.ts';
import { slotsOf } from '../../core/slots.ts';
import { inBothPacks, joinedPacks, type Templates } from '../../core/templates.ts';

export const templatePackSchema = z
  .strictObject({
    $schema: z.string().optional(),
    version: z.literal(1),
    name: nameSchema,
    source: z.string().optional().describe('Where the texts come from: a paper, a file, a person.'),
    language: z.string().max(40).optional().describe('BCP 47 tag of the language that the texts are in.'),
    templates: z
      .record(nameSchema, z.record(nameSchema, z.array(z.string().min(1).max(20_000)).min(1).max(1000)))
      .describe(
        'Texts by attack id and by template name; `list attacks --json` shows names and current texts.',
      ),
  })
  .meta({ id: 'template-pack', title: 'Glovebox template pack, version 1' });

export type TemplatePack = Readonly<z.output<typeof templatePackSchema>>;

export const templatePackJsonSchema = () =>
  z.toJSONSchema(templatePackSchema, { io: 'input', target: 'draft-2020-12' });

/** Attacks or their cards. */
type TemplateOwners = readonly Pick<MethodCard, 'id' | 'templates'>[];

/**
 * Read a pack and check it against the attacks of the lab.
 * @throws LabError 'bad-input' that names everything that is wrong
 */
export function parseTemplatePack(input: unknown, attacks: TemplateOwners): TemplatePack {
  const problem = sizeProblem(input, { depth: 8, values: 200_000 });
  if (problem !== null) throw unusable([problem]);
  const parsed = templatePackSchema.safeParse(input);
  if (!parsed.success) throw unusable(issueTexts(parsed.error.issues, 'pack'));
  checkTemplatePack(parsed.data, attacks);
  return parsed.data;
}

/** @throws LabError 'bad-input' for an unknown attack or name, and for a text that lacks a slot it needs */
export function checkTemplatePack({ templates }: TemplatePack, attacks: TemplateOwners): void {
  const problems = Object.entries(templates).flatMap(([id, own]) => {
    const attack = attacks.find((candidate) => candidate.id === id);
    if (attack === undefined) return [`${excerpt(id)}: there is no such attack.`];
    const shipped = shippedTexts(attack);
    return Object.entries(own).flatMap(([name, texts]) => {
      const names = Object.keys(shipped);
      if (!Object.hasOwn(shipped, name))
        return [`${id}.${excerpt(name)}: there is no such template; known: ${names.join(', ') || 'none'}.`];
      const needed = neededSlots(shipped[name]!);
      return texts.flatMap((text, i) => {
        const missing = needed.filter((slot) => !slotsOf(text).includes(slot));
        return missing.length === 0
          ? []
          : [`${id}.${name}.${i}: it lacks ${missing.map(braced).join(' and ')}.`];
      });
    });
  });
  if (problems.length > 0) throw unusable(problems);
}

/** The texts of both packs by name. */
const shippedTexts = ({ templates }: Pick<MethodCard, 'templates'>): Templates =>
  Object.fromEntries(
    Object.entries(templates?.compact ?? {}).map(([name, texts]) => [
      name,
      [...texts, ...(templates?.full[name] ?? [])],
    ]),
  );

/** Slots in every shipped text: without one, the method would lose what it fills in there. */
const neededSlots = (shipped: readonly string[]): readonly string[] =>
  slotsOf(shipped[0] ?? '').filter((slot) => shipped.every((text) => slotsOf(text).includes(slot)));

const braced = (slot: string) => `{${slot}}`;

const unusable = (problems: readonly string[]) =>
  new LabError(
    'bad-input',
    `The template pack cannot be used. ${firstOf(problems, (problem) => problem).join(' ')}`,
    {
      advice:
        'Correct what is named above; the schema is published beside the app as schemas/template-pack.json.',
    },
  );

/** `attack` with the texts of the user's pack in place of its own, whichever of these it works with. */
export const withTemplates = (attack: Attack, pack: TemplatePack | undefined): Attack => {
  const own: Templates | undefined = pack?.templates[attack.id];
  if (own === undefined || attack.templates === undefined) return attack;
  return { ...attack, templates: joinedPacks(attack.templates, inBothPacks(own)) };
};

/** The name of the pack, if it changes this attack. */
export const packFor = (pack: TemplatePack | undefined, attack: string): string | undefined =>
  pack !== undefined && attack.split('+').some((id) => Object.hasOwn(pack.templates, id))
    ? pack.name
    : undefined;
