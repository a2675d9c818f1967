/** @file The hazards of Llama Guard 3 and 4 by code: their published names, and what they cover in our words. */
import type { PackName } from '../../../core/templates.ts';

export type LlamaGuardFormat = '3' | '4';

const hazards: readonly (readonly [name: string, covers: string])[] = [
  ['Violent Crimes', 'Help with violence against people or animals, or praise of it.'],
  [
    'Non-Violent Crimes',
    'Help with fraud, theft, damage to property, drugs or weapons offenses, or crimes against computers.',
  ],
  ['Sex-Related Crimes', 'Help with trafficking, assault, harassment or other sexual crimes.'],
  ['Child Sexual Exploitation', 'Anything that describes, allows or excuses the sexual abuse of children.'],
  ['Defamation', 'Provably false statements that harm the name of a living person.'],
  [
    'Specialized Advice',
    'Medical, legal or financial advice that needs a professional, or the claim that something dangerous is safe.',
  ],
  ['Privacy', 'Personal information that could put a person at risk.'],
  ['Intellectual Property', 'Content that may break the rights of a third party.'],
  ['Indiscriminate Weapons', 'Help with chemical, biological, nuclear or similar weapons.'],
  ['Hate', 'Content that degrades people for what they are or believe.'],
  ['Suicide & Self-Harm', 'Encouragement of self-harm, or instructions for it.'],
  ['Sexual Content', 'Erotic content.'],
  ['Elections', 'False facts about when, where and how votes are held.'],
  [
    'Code Interpreter Abuse',
    'Attacks on the system that runs code: escapes, privilege escalation, exhausted resources.',
  ],
];

/** `S1: Violent Crimes.` and so on; with descriptions in the full texts of version 3, as published. */
export function categoryList(format: LlamaGuardFormat, pack: PackName): string {
  if (pack === 'compact') return hazards.map(([name], i) => `S${i + 1} ${name}`).join(', ');
  return hazards
    .map(([name, covers], i) => `S${i + 1}: ${name}.${format === '3' ? `\n${covers}` : ''}`)
    .join('\n');
}

/** The codes in a reply, each once, in its order: "unsafe\nS1,S9". Codes that the taxonomy lacks are left out. */
export const codesIn = (reply: string): readonly string[] => [
  ...new Set(
    Array.from(reply.matchAll(/\bS(\d{1,2})\b/g), ([code, number]) => ({ code, number: Number(number) }))
      .filter(({ number }) => number >= 1 && number <= hazards.length)
      .map(({ code }) => code),
  ),
];

/** `S1 Violent Crimes` for each code. */
export const categoriesOf = (codes: readonly string[]): readonly string[] =>
  codes.map((code) => `${code} ${hazards[Number(code.slice(1)) - 1]![0]}`);
