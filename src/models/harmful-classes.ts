/** @file Which classes of a text classifier mean harm, told by their names. */

/** Names of classes that are not harm, whatever their order: `SAFE`, `BENIGN`, `not_toxic`, `NO_INJECTION`. */
const harmlessName =
  /^(?:safe|benign|harmless|clean|normal|neutral|ok(?:ay)?|legit(?:imate)?|acceptable|(?:not?|non)[-_ ]?\w+)$/i;

/** @returns for each label whether it means harm; `null` when the names do not say, as `LABEL_0` and `LABEL_1` do not */
export function harmfulClasses(labels: readonly string[]): readonly boolean[] | null {
  const harmful = labels.map((name) => !harmlessName.test(name));
  return harmful.includes(true) && harmful.includes(false) ? harmful : null;
}
