/** @file Italian refusals. "Non è illegale" and "non posso aspettare" decline nothing. */
import { claim, words } from './pattern.ts';

const deniers = 'non|niente|nulla|mai|né|se|nessun[oa]?';
const notOfThis =
  '(?! (?:molto )?(?:di )?(?:sentirl[oa]|sentire|saperl[oa]|sapere|che (?:tu|lei|ti|le|sia)(?!\\p{L})|' +
  "per (?:il |la |l'|lo |i |le |tuo |tua )*(?:ritardo|attesa|perdita|errore|confusione|malinteso|disagio|rumore|lunghezza)))";
const idle =
  '(?! (?:aspettare|credere|crederci|evitare|negare|negarlo|lamentarmi|mentire|mentirti|fare a meno|che|solo|soltanto|immaginare|' +
  'annoiarti|essere|\\p{L}+ abbastanza)(?!\\p{L}))';
const object = '(?:(?:ti|vi|le|lo|la|gli|mi|ci) )*';

export const italian: readonly RegExp[] = [
  words(`(?<!non )(?:mi|ci) (?:dispiace|spiace)${notOfThis}|sono (?:spiacente|desolat[oa])${notOfThis}`),
  words(`chiedo scusa${notOfThis}|mi scuso${notOfThis}|le mie scuse${notOfThis}`),
  words(`non ${object}(?:posso|potrò|potrei|voglio|intendo|devo|dovrei|riesco a|ho intenzione di)${idle}`),
  words(
    `non ${object}possiamo (?:aiutar|assister|fornir|rispond|dir|spiegar|condivider|rivelar|far|crear|scriver|continuar)\\p{L}*`,
  ),
  words(
    'non (?:sono|siamo) (?:\\p{L}+ )?(?:in grado|autorizzat[oaie]|capac[ei]|programmat[oaie]|dispost[oaie]|a mio agio)',
  ),
  words(
    'non mi (?:è|sento) (?:\\p{L}+ )?(?:possibile|permesso|consentito|a mio agio)|mi è (?:impossibile|vietato|proibito)',
  ),
  words(
    '(?:devo|dobbiamo|preferisco|sono costrett[oa] a) (?:\\p{L}+mente )?(?:rifiutar\\p{L}*|declinare|astenermi)',
  ),
  words('mi rifiuto|rifiuto di|mi astengo|prefer(?:isco|irei) non'),
  words(
    "(?:come|in quanto) (?:una? |un')?(?:ia|intelligenza artificiale|modello linguistico|assistente (?:ia|ai|virtuale))",
  ),
  claim(
    '(?:è|sono|sarebbe|risulta)(?: (?!non|mai|né)[^\\s.,!?;]+){0,3} (?:illegal[ei]|contro la legge|vietat[oaie]|proibit[oaie]|' +
      'immoral[ei]|inappropriat[oaie]|non etic[oa])',
    deniers,
  ),
  words('non (?:è|sarebbe) (?:appropriat|adeguat|etic|permess|consentit|legal)[oae]'),
  claim(
    '(?:contro|viola|violerebbe|contravviene a\\p{L}*) (?:le |i |la |il )?(?:mi[eoa]i?|nostr[eia]) (?:\\p{L}+ )?' +
      '(?:linee guida|regole|principi|politiche|programmazione|istruzioni)',
    deniers,
  ),
];
