/** @file Spanish refusals. "No es ilegal" and "no puedo esperar" decline nothing. */
import { claim, clause, words } from './pattern.ts';

const deniers = 'no|nada|nunca|ni|si|tampoco|ning[uú]na?|ningún|sin';

/** What an apology is for when it comes before an answer. */
const notOfThis =
  '(?!(?: mucho)?,? (?:oír|escuchar|saber|enterarme|leer|que (?:hayas|haya|te|le|estés|esté|tu|su)(?!\\p{L})|' +
  'por (?:el |la |los |las |lo |tu |su )?(?:\\p{L}+ )?(?:demora|retraso|espera|pérdida|confusión|error|malentendido|molestias?|' +
  'tardanza|ruido|ocurrido)))';
const object = '(?:(?:te|le|les|os|lo|la|los|las|se|me) )*';
const idle =
  '(?! (?:esperar|creer(?:lo|me)?|evitar|negar(?:lo)?|quejarme|imaginar(?:me|lo)?|mentir(?:te|le)?|dejar de|menos|solo|sólo|' +
  'solamente|aburrir(?:te|le)?|entretener(?:te|le)?|estar más|ser|estar|haber|pedir más|' +
  '\\p{L}+ (?:lo )?(?:suficiente|bastante)(?:mente)?)(?!\\p{L}))';
const service =
  '(?:ayudar|asistir|proporcionar|dar|responder|contestar|decir|explicar|compartir|revelar|ofrecer|continuar|procesar|' +
  'generar|crear|escribir|hacer|discutir|cumplir|atender|aceptar|permitir|facilitar)\\p{L}*';

export const spanish: readonly RegExp[] = [
  words(`(?<!no |decir )lo (?:siento|lamento|sentimos|lamentamos)${notOfThis}`),
  words('(?:siento|lamento|lamentamos) (?:mucho )?(?:no |decir|informar|comunicar|tener que)'),
  words(
    `(?:pido|ofrezco|acept[ae] mis|mis|nuestras) (?:\\p{L}+ )?disculpas${notOfThis}|me disculpo${notOfThis}`,
  ),
  words(
    '(?:lamentablemente|desafortunadamente|por desgracia),? (?:no es posible|no está permitido|es imposible|debo|tengo que)',
  ),
  words(`no ${object}(?:puedo|podré|podría|debo|debería|quiero|deseo|pienso|voy a)${idle}`),
  words(
    `no ${object}(?:ayudaré|daré|responderé|contestaré|diré|explicaré|compartiré|revelaré|haré|proporcionaré|ofreceré)`,
  ),
  words('no (?:tengo|tenemos) (?:permitido|permiso|autorización)'),
  clause('(?:perdón|disculpe|disculpa|perdone|perdona),? (?:pero|no(?= ?[.,!]|$))'),
  words(`no ${object}(?:podemos|podremos|debemos|vamos a) ${service}`),
  words(
    'no (?:estoy|me encuentro|soy|estamos|somos) (?:\\p{L}+ ){0,2}?(?:autorizad[oa]s?|en condiciones|capacitad[oa]s?|' +
      'dispuest[oa]s?|facultad[oa]s?|programad[oa]s?|diseñad[oa]s?|en posición|habilitad[oa]s?|capa(?:z|ces)|cómod[oa]s?)',
  ),
  words('no me siento (?:\\p{L}+ )?cómod[oa]|me siento incómod[oa]'),
  words(
    'no (?:me|nos) (?:es|resulta|será|está) (?:posible|permitido)|(?:me|nos) (?:es|resulta|será) imposible',
  ),
  words('(?:me|nos) (?:está|han|ha sido) (?:\\p{L}+ )?prohibido|tengo prohibido|no (?:me|nos) permiten?'),
  words(
    '(?:debo|tengo que|voy a|me veo obligad[oa] a|prefiero|tendré que|debemos) (?:\\p{L}+mente )?' +
      '(?:negarme|negarnos|rechazar|declinar|rehusar|rehusarme|abstenerme)',
  ),
  words(
    'me niego(?! a creer)|me rehúso|me abstengo|prefiero no|preferiría no|(?:rechazo|declino) (?:est[ae]|es[ae]|tu|su|la|el)',
  ),
  words(
    'como (?:una? )?(?:gran )?(?:ia|inteligencia artificial|modelo de (?:lenguaje|ia)|asistente (?:de ia|virtual|de inteligencia))',
  ),
  clause('(?:no,? )?(?:imposible|de ninguna manera|ni hablar)(?= ?[.,!]|$)'),
  claim(
    '(?:es|son|sería|serían|está|están|resulta|se considera|parece)(?: (?!no|nada|ni|nunca|tampoco)[^\\s.,!?;]+){0,3} ' +
      '(?:ilegal(?:es)?|contrari[oa] a la (?:ley|ética)|contra la ley|prohibid[oa]s?|poco étic[oa]s?|inmoral(?:es)?|' +
      'antiétic[oa]s?|inapropiad[oa]s?|no étic[oa]s?)',
    deniers,
  ),
  words(
    'no (?:es|sería|está|son|están) (?:\\p{L}+mente )?(?:apropiad[oa]|adecuad[oa]|étic[oa]|legal|permitid[oa]|autorizad[oa])s?',
  ),
  claim(
    '(?:contra|en contra de|viola|violaría|incumple|infringe|contraviene) (?:mis?|nuestr[oa]s?) (?:\\p{L}+ )?(?:normas|reglas|' +
      'directrices|políticas?|principios|programación|pautas|valores|instrucciones)',
    deniers,
  ),
];
