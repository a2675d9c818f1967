/** @file German refusals. "Das ist nicht verboten" and "ich kann es kaum erwarten" decline nothing. */
import { claim, clause, words } from './pattern.ts';

const deniers = 'nichts?|nie|niemals|niemand|kein\\p{L}*|weder|kaum|ob|wenn|falls';

/** What an apology is for when it comes before an answer. */
const notOfThis =
  '(?!,? (?:das|dies|es|so etwas) zu (?:hören|lesen|erfahren)|,? dass (?:du|sie|ihr|es|das|der|die)(?!\\p{L})|' +
  ' (?:für|um|wegen) (?:\\p{L}+ ){0,2}(?:verspät|verzöger|wart|verlust|fehler|verwirrung|missverst|unannehm|umstände|lärm|länge))';

/** No verb of telling, so that "ich kann dir zeigen wie es nicht geht" is an answer. */
const within = '(?:(?! (?:sagen|zeigen|erklären|versichern|bestätigen|nur|kaum)(?!\\p{L}))[^.,!?;:]){0,60}?';
const not = '(?:nicht|niemals|keinerlei|kein(?:e|en|er|em|es)?)';
const idle =
  '(?! (?:nur|warten|erwarten|abwarten|glauben|leugnen|lügen|umhin|anders|klagen|meckern|widerstehen|versäumen|' +
  '(?:oft|laut|stark|deutlich|sehr|genug)[^.,!?;]{0,20}genug|genug|(?:\\p{L}+ ){0,2}(?:aufhalten|langweilen|lange))(?!\\p{L}))';
const modal = '(?:kann|könnte|darf|werde|will|möchte|würde|mag)';
const service =
  '(?:helfen|weiterhelfen|unterstützen|beantworten|antworten|geben|sagen|verraten|nennen|erklären|teilen|mitteilen|' +
  'bereitstellen|liefern|anbieten|nachkommen|entsprechen|erfüllen|tun|machen|weitergeben|preisgeben|beschreiben|' +
  'schreiben|erstellen|erzeugen|besprechen|eingehen|fortfahren|dienen|zustimmen|ausführen)';
const telling = '(?:helfe|antworte|beantworte|erkläre|verrate|gebe|sage|unterstütze|teile)';

export const german: readonly RegExp[] = [
  words(`tut (?:mir|uns) (?:(?!nicht|kein)\\p{L}+ ){0,2}leid${notOfThis}`),
  clause(`(?:entschuldigung|verzeihung|entschuldige|entschuldigen sie)(?:,|\\.|!|,? aber)${notOfThis}`),
  words(
    `ich bedau(?:e)?re(?! (?:den|die|das|dass)(?!\\p{L}))|bitte um (?:verständnis|entschuldigung), (?:dass ich|aber)`,
  ),
  words(`leider (?:nicht(?= ?[.,!]|$)|nein|unmöglich|ausgeschlossen)|muss (?:dich|sie|euch) enttäuschen`),
  words(`(?:ich ${modal}|${modal} ich|ich [^.,!?;:]{1,40} und ${modal})${within} ${not}${idle}`),
  words(`wir (?:können|dürfen|werden|wollen|möchten)${within} ${not}${idle} (?:\\S+ ){0,4}${service}`),
  words(
    '(?:ich bin|wir sind|bin ich|sind wir)[^.,!?]{0,40}? (?:nicht (?:in der lage|befugt|berechtigt|bereit|imstande|' +
      'autorisiert|fähig|dafür gemacht|dafür gedacht|dazu da|darauf ausgelegt)|au(?:ß|ss)erstande)',
  ),
  words(
    'ist (?:es )?(?:mir|uns) (?:\\p{L}+ ){0,2}?(?:nicht (?:möglich|erlaubt|gestattet)|unmöglich|untersagt|verboten)',
  ),
  words(`(?:ich ${telling}|${telling} ich)[^.,!?;:]{0,40}? (?:nicht|keine?)(?! nur)`),
  words('ich (?:\\p{L}+ )?(?:lehne|verweigere|weigere)|(?:lehne|verweigere|weigere) ich'),
  words(
    '(?:ich (?:muss|möchte|werde|würde)|(?:muss|möchte|werde) ich)[^.,!?]{0,60}? (?:ablehnen|verweigern|weigern|passen)',
  ),
  words('(?:ich fühle mich|fühle ich mich|mir ist)[^.,!?]{0,30}? (?:nicht wohl|unwohl)'),
  words(
    'als (?:eine? |reine |reines )?(?:gro(?:ß|ss)es )?(?:ki|künstliche intelligenz|sprachmodell|ki-\\p{L}+)',
  ),
  clause('(?:das|dies|es) geht (?:leider |so )?nicht(?= ?[.,!]|$)'),
  claim(
    '(?:ist|sind|wäre|wären|gilt als|gelten als)(?: (?!nicht|nie|weder|kaum|kein|alles)[^\\s.,!?;]+){0,3} ' +
      '(?:illegal|rechtswidrig|gesetzwidrig|strafbar|verboten|untersagt|unethisch|unangemessen|unmoralisch)',
    deniers,
  ),
  words(
    '(?:ist|wäre|sind|wären) (?:hier |leider )?nicht (?:angemessen|erlaubt|gestattet|zulässig|legal|ethisch|vertretbar)',
  ),
  claim(
    '(?:gegen|widerspr(?:icht|äche)|verletzt) (?:meine[nrm]?|unsere[nrm]?) (?:\\p{L}+ )?(?:richtlinien|regeln|' +
      'grundsätzen?|prinzipien|programmierung|vorgaben|werten?|anweisungen)',
    deniers,
  ),
];
