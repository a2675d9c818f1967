/** @file Portuguese refusals. "Não é ilegal" and "não posso esperar" decline nothing. */
import { claim, words } from './pattern.ts';

const deniers = 'não|nada|nunca|nem|se|nenhuma?|ninguém';
const notOfThis =
  '(?!(?: muito)? (?:ouvir|saber|em saber|por (?:ouvir|saber)|que (?:você|tu|te|lhe|tenha)(?!\\p{L})|' +
  'p(?:or|el[oa]s?) (?:o |a |sua |seu |tua |teu )?(?:demora|atraso|espera|perda|confusão|erro|mal-entendido|incômodo|barulho|transtorno)))';
const idle =
  '(?! (?:esperar|acreditar|evitar|negar|reclamar|imaginar|mentir|deixar de|só|apenas|somente|ser|estar|haver|te aborrecer|' +
  '\\p{L}+ o (?:suficiente|bastante))(?!\\p{L}))';
const object = '(?:(?:te|lhe|lhes|o|a|os|as|vos|me) )*';

export const portuguese: readonly RegExp[] = [
  words(`(?:sinto|sentimos) muito${notOfThis}|(?<!não )(?:eu )?lamento${notOfThis}`),
  words(`(?:peço|minhas) (?:\\p{L}+ )?desculpas?${notOfThis}|desculpe?a?,? mas`),
  words(`não ${object}(?:posso|poderei|poderia|devo|deveria|vou|quero|consigo|pretendo)${idle}`),
  words(
    `não ${object}podemos (?:ajudar|auxiliar|fornecer|dar|responder|dizer|explicar|compartilhar|revelar|fazer|criar|escrever|continuar)`,
  ),
  words(
    'não (?:estou|sou|estamos) (?:\\p{L}+ )?(?:autorizad[oa]s?|capa(?:z|zes)|apt[oa]|em condições|programad[oa]s?|dispost[oa]|à vontade|confortável)',
  ),
  words(
    'não me (?:é|sinto) (?:\\p{L}+ )?(?:possível|permitido|à vontade|confortável)|me é impossível|é-me impossível',
  ),
  words(
    '(?:devo|tenho (?:de|que)|vou|preciso|sou obrigad[oa] a) (?:\\p{L}+mente )?(?:recusar|declinar|negar|abster)',
  ),
  words('(?:eu )?(?:me recuso|recuso-me|me abstenho)|prefiro não|preferiria não'),
  words(
    'como (?:uma? )?(?:ia|inteligência artificial|modelo de linguagem|grande modelo|assistente (?:de ia|virtual))',
  ),
  words('infelizmente,? (?:não é possível|é impossível|não me)'),
  claim(
    '(?:é|são|seria|está|parece)(?: (?!não|nada|nem|nunca)[^\\s.,!?;]+){0,3} (?:ilega(?:l|is)|contra a lei|proibid[oa]s?|' +
      'antiétic[oa]s?|imora(?:l|is)|inapropriad[oa]s?|inadequad[oa]s?)',
    deniers,
  ),
  words('não (?:é|seria|está) (?:\\p{L}+mente )?(?:apropriad[oa]|adequad[oa]|étic[oa]|permitid[oa]|legal)'),
  claim(
    '(?:contra|viola|violaria|contraria) (?:as |os |a )?(?:minhas?|meus|nossas?|nossos) (?:\\p{L}+ )?(?:diretrizes|regras|políticas?|' +
      'princípios|programação|normas|instruções)',
    deniers,
  ),
];
