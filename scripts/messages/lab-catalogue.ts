/**
 * @file The German texts of the lab's cards, which the page shows: methods with their options, models, data and behavior
 * sets. They come from the worker in English. A text that has no German yet is shown in English; how a method differs from
 * its paper always is.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import PO from 'pofile';
import type { MethodCard } from '../../src/core/method.ts';
import { catalogueOf, registries } from '../../src/lab/trials/registries.ts';
import { germanLabFile, headers, readGerman, textOf } from './catalogue.ts';

const ofMethods = (cards: readonly MethodCard[]): readonly (string | undefined)[] =>
  cards.flatMap(({ summary, options }) => [
    summary,
    ...Object.values(options).flatMap((option) => [
      option.description,
      'unit' in option ? option.unit : undefined,
    ]),
  ]);

/** Each once, in the order of the catalogue. */
export function labTexts(): readonly string[] {
  const { attacks, defenses, evaluators, finetunings, models, known, trainingData, sets } =
    catalogueOf(registries);
  const texts = [
    ...ofMethods([...attacks, ...defenses, ...evaluators, ...finetunings]),
    ...[...models, ...known, ...sets].map(({ summary }) => summary),
    ...[...trainingData, ...sets].map(({ title }) => title),
  ];
  return [...new Set(texts.filter((text) => text !== undefined))];
}

/** The file's text for the cards that there are. */
export function writtenLabCatalogue(root: string): string {
  const german = readGerman(root, germanLabFile);
  const po = new PO();
  po.headers = headers;
  po.items = labTexts().map((text) => {
    const item = new PO.Item();
    item.msgid = text;
    item.msgstr = [...(german.get(text) ?? [''])];
    return item;
  });
  return textOf(po);
}

export const writeLabCatalogue = (root: string): void =>
  writeFileSync(join(root, germanLabFile), writtenLabCatalogue(root));
