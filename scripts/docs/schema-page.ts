/** @file The fields of a user's file as a page of the docs, from its JSON schema. Pure. */

interface Schema {
  readonly $ref?: string;
  readonly $defs?: Readonly<Record<string, Schema>>;
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Schema[];
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema | false;
  readonly required?: readonly string[];
  readonly minimum?: number;
  readonly exclusiveMinimum?: number;
  readonly maximum?: number;
}

const code = (value: unknown): string => `\`${JSON.stringify(value)}\``;

/** Numbers beyond are the limits of the number format, and no one's wish. */
const isMeant = (limit: number | undefined): limit is number =>
  limit !== undefined && Math.abs(limit) < Number.MAX_SAFE_INTEGER;

function limits({ minimum, exclusiveMinimum, maximum }: Schema): string {
  const least = isMeant(minimum)
    ? `from ${minimum}`
    : isMeant(exclusiveMinimum)
      ? `above ${exclusiveMinimum}`
      : '';
  const most = isMeant(maximum) ? `up to ${maximum}` : '';
  return [least, most].filter(Boolean).join(' ');
}

/** What a value is, in words. @param isMany of several such values */
function kindOf(schema: Schema, isMany: boolean): string {
  if (schema.const !== undefined) return code(schema.const);
  if (schema.enum) return schema.enum.map(code).join(', ');
  if (schema.anyOf)
    return schema.anyOf
      .map((one) => kindOf(one, isMany))
      .filter((kind, at, all) => all.indexOf(kind) === at)
      .join(' or ');
  if (schema.type === 'array') return `list of ${kindOf(schema.items ?? {}, true)}`;
  const [one, many] = {
    string: ['text', 'texts'],
    integer: ['whole number', 'whole numbers'],
    number: ['number', 'numbers'],
    boolean: ['true or false', 'true or false'],
    object: ['object', 'objects'],
    null: ['null', 'null'],
  }[schema.type ?? ''] ?? ['any value', 'any values'];
  const { additionalProperties: others, properties } = schema;
  if (schema.type === 'object' && !properties && others)
    return `${isMany ? many : one} of ${kindOf(others, true)}`;
  const range = limits(schema);
  return `${isMany ? many : one}${range === '' ? '' : ` ${range}`}`;
}

/** Objects within a field, which get a section of their own. */
function objectsIn(schema: Schema): readonly Schema[] {
  if (schema.anyOf) return schema.anyOf.flatMap(objectsIn);
  if (schema.items) return objectsIn(schema.items);
  return Object.keys(schema.properties ?? {}).length > 0 ? [schema] : [];
}

function sections(path: string, schema: Schema, title: string): string[] {
  const required = new Set(schema.required);
  const fields = Object.entries(schema.properties ?? {});
  const row = ([name, field]: (typeof fields)[number]) => {
    const isPlain = field.default !== undefined && JSON.stringify(field.default).length < 60;
    const fallback = required.has(name) ? 'an error' : isPlain ? code(field.default) : '';
    return `| \`${name}\` | ${kindOf(field, false)} | ${fallback} | ${field.description ?? ''} |`;
  };
  const table = [
    '| field | holds | if left out | meaning |',
    '| --- | --- | --- | --- |',
    ...fields.map(row),
  ];
  const inner = fields.flatMap(([name, field]) => {
    const objects = objectsIn(field);
    const within = `${path}${name}${field.type === 'array' ? '[]' : ''}`;
    return objects.flatMap((object) => {
      // What may be one of several is told by the first field that it must have.
      const which = objects.length > 1 ? ` with \`${object.required?.[0]}\`` : '';
      return sections(`${within}.`, object, `\`${within}\`${which}`);
    });
  });
  return [`## ${title}`, table.join('\n'), ...inner];
}

/** The same with what it refers to in place. */
function resolved(schema: Schema, definitions: NonNullable<Schema['$defs']>): Schema {
  const name = schema.$ref?.split('/').at(-1);
  const target = name === undefined ? undefined : definitions[name];
  const { description = target?.description, anyOf, items, properties } = { ...target, ...schema };
  const within = (one: Schema) => resolved(one, definitions);
  return {
    ...target,
    ...schema,
    ...(description !== undefined && { description }),
    ...(anyOf && { anyOf: anyOf.map(within) }),
    ...(items && { items: within(items) }),
    ...(properties && {
      properties: Object.fromEntries(Object.entries(properties).map(([key, one]) => [key, within(one)])),
    }),
  };
}

/** @param introduction Markdown before the first table, title included */
export const schemaPage = (introduction: string, { $defs = {}, ...root }: Schema): string =>
  `${[introduction.trim(), ...sections('', resolved(root, $defs), 'The file')].join('\n\n')}\n`;
