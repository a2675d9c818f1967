/** @file What the build makes of `lab.de.po` (scripts/vite/messages.ts). */
declare module 'virtual:lab-texts' {
  /** German by English text. */
  const texts: Readonly<Record<string, string>>;
  export default texts;
}
