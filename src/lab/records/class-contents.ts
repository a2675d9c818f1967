/** @file What a copy of the app brings for a class: models and plans that lie beside it, as `class.json` lists them. */
import { z } from 'zod';
import { LabError } from '../../core/errors.ts';
import { issueTexts } from '../../core/excerpt.ts';
import { repeated } from '../../core/groups.ts';
import { nameSchema } from '../../core/name.ts';

/** In the folder of the app. */
export const classFile = 'class.json';

/** Within the copy, whatever the list says. */
const path = z.string().regex(/^class\/[a-z0-9-]+\.(zip|json)$/);

const contentsSchema = z.strictObject({
  format: z.literal('glovebox-class'),
  version: z.literal(1),
  /** As the Models page exports them. */
  models: z
    .array(
      z.strictObject({
        id: nameSchema,
        title: z.string().min(1).max(300),
        file: path,
        /** Of its files, as stored. */
        bytes: z.int().nonnegative(),
      }),
    )
    .max(100)
    .refine(
      (models) => repeated(models.map(({ id }) => id)).length === 0,
      'Each model may stand there only once',
    ),
  plans: z
    .array(z.strictObject({ name: nameSchema, file: path }))
    .max(100)
    .refine(
      (plans) => repeated(plans.map(({ file }) => file)).length === 0,
      'Each file may stand there only once',
    ),
});

export type ClassContents = Readonly<z.output<typeof contentsSchema>>;

/** @throws LabError 'bad-input' */
export function parseClassContents(input: unknown): ClassContents {
  const parsed = contentsSchema.safeParse(input);
  if (parsed.success) return parsed.data;
  throw new LabError(
    'bad-input',
    `${classFile} is not valid. ${issueTexts(parsed.error.issues, 'list').join('; ')}.`,
    {
      advice: 'Make the class pack again. The rest of the app works as it is.',
    },
  );
}
