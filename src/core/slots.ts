/** @file Prompt texts with named slots, which take values exactly as they are. */

/** Names of the `{slots}` in a literal template; any name when the template is not known at compile time. */
type SlotNames<T extends string> = string extends T
  ? string
  : T extends `${string}{${infer Name}}${infer Rest}`
    ? Name | SlotNames<Rest>
    : never;

/**
 * Put `values` into the `{slots}` of `template` in one pass: braces and slot names within a value stay as they are, and
 * so do braces in the template that name no value.
 */
export const fillSlots = <const T extends string>(
  template: T,
  values: Readonly<Record<SlotNames<T>, string>>,
): string =>
  template.replace(/\{(\w+)\}/g, (slot, name: string) =>
    Object.hasOwn(values, name) ? (values as Readonly<Record<string, string>>)[name]! : slot,
  );

/** Names of the slots in `template`, without repeats. */
export const slotsOf = (template: string): readonly string[] => [
  ...new Set(Array.from(template.matchAll(/\{(\w+)\}/g), ([, name]) => name!)),
];

/** True if `template` has the slot `{name}`. */
export const hasSlot = (template: string, name: string): boolean => template.includes(`{${name}}`);
