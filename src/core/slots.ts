/** @file Prompt texts with named slots, filled so that the values stay exactly as they are. */

/** Names of the `{slots}` in a literal template; any name when the template is not known at compile time. */
type SlotNames<T extends string> = string extends T
  ? string
  : T extends `${string}{${infer Name}}${infer Rest}`
    ? Name | SlotNames<Rest>
    : never;

/**
 * Put `values` in the `{slots}` of `template`, in one pass: braces and slot names inside a value survive, and so do
 * braces in the template that name no value.
 */
export const fillSlots = <const T extends string>(
  template: T,
  values: Readonly<Record<SlotNames<T>, string>>,
): string =>
  template.replace(/\{(\w+)\}/g, (slot, name: string) =>
    Object.hasOwn(values, name) ? (values as Readonly<Record<string, string>>)[name]! : slot,
  );

/** Names of the slots of `template`, each once. */
export const slotsOf = (template: string): readonly string[] => [
  ...new Set(Array.from(template.matchAll(/\{(\w+)\}/g), ([, name]) => name!)),
];

/** Whether `template` has the slot `{name}`. */
export const hasSlot = (template: string, name: string): boolean => template.includes(`{${name}}`);
