/** @file Tells text that a reader sees from names that only the code reads. What it gets wrong, a comment settles. */
import type { HeuristicFunc } from 'wuchale';

const codeElements = ['script', 'style', 'path', 'code', 'pre', 'kbd'];
/** Attributes of elements, and properties of components, that never hold text. */
const codeAttributes =
  /^(class|style|d|href|icon|id|type|name|kind|size|src|role|for|viewBox|transform|points)$/;
/** Properties of components whose text may begin with a small letter. */
const textAttributes =
  /^(label|title|aria-(label|valuetext|roledescription)|hint|placeholder|alt|unit|about|aside|action|empty|invitation|of)$/;
const keys = /^(Enter|Escape|End|Tab|Delete|Backspace|ArrowUp|ArrowDown|ArrowLeft|ArrowRight)$/;
/** Code within strings: styles, selectors, markup and drawings. */
const code =
  /var\(|color-mix|gradient\(|translate|-width:|\[[a-z-]+[\]=]|^\.[a-z]|^M\d|\w="|<\w|npm run|^[\w-]+(, [\w-]+)* \[|^input,/;

export const isText: HeuristicFunc = ({ msgStr, details }) => {
  const text = msgStr.join('\n').trim();
  if (!/\p{L}{2}/u.test(text) || text.startsWith('https://')) return false;
  if (details.scope === 'markup') return codeElements.includes(details.element ?? '') ? false : 'message';
  if (details.attribute && codeAttributes.test(details.attribute)) return false;
  if (keys.test(text) || code.test(text) || details.call?.startsWith('console.')) return false;
  if (details.scope === 'attribute' && textAttributes.test(details.attribute ?? '')) return 'message';
  const words = /\s/.test(text);
  const capitalized = /^\p{Lu}\p{Ll}+(-\p{Ll}+)*([.:…?!,]|#.*)?$/u.test(text);
  return words || capitalized ? 'message' : false;
};
