/** @file French refusals. "Ce n'est pas illégal" and "je ne peux pas attendre" decline nothing. */
import { claim, clause, words } from './pattern.ts';

const deniers = "rien|aucune?|ni|jamais|si|ne|n'";

/** What an apology is for when it comes before an answer. */
const notOfThis =
  "(?! (?:d'apprendre|d'entendre|de l'apprendre|de vous avoir|de t'avoir|d'avoir (?:tard|mis)|du retard|" +
  "pour (?:le |la |les |l'|ce |cette |votre |ton |ta |mon )?(?:retard|attente|délai|perte|erreur|confusion|malentendu|" +
  'bruit|gêne|désagrément|longueur)))';
const adverb =
  '(?: (?:malheureusement|vraiment|tout|simplement|hélas|absolument|donc|certainement|également|toujours))*';
const object = "(?:(?:vous|te|le|la|les|lui|leur|y|en|me) |l'|m'|t')*";
const idle =
  "(?! (?:seulement|uniquement|que|assez|trop|attendre|imaginer|croire|m'empêcher|nier|me plaindre|(?:vous |te )?mentir|" +
  '(?:vous |te )?cacher|manquer|(?:vous |te )?(?:le |la )?(?:insister|recommander|dire|répéter) (?:assez|suffisamment)))';
const service =
  "(?:vous |te |y |le |la |lui |m'|t')*(?:aider|assister|fournir|donner|répondre|dire|expliquer|partager|révéler|divulguer|" +
  'proposer|continuer|traiter|générer|créer|écrire|rédiger|faire|discuter|accéder|satisfaire|accepter|permettre)';

export const french: readonly RegExp[] = [
  words(
    `(?:je suis|nous sommes)${adverb}(?: (?:sincèrement|très|profondément))? (?:désolée?s?|navrée?s?)${notOfThis}`,
  ),
  clause(`(?:mais )?(?:vraiment |sincèrement )?(?:désolée?s?|navrée?s?)${notOfThis}`),
  words(`(?:toutes )?mes excuses${notOfThis}|je m'excuse${notOfThis}|vous prie de m'excuser${notOfThis}`),
  words(
    "je regrette(?! (?:d|ce|cette|la|le|l'))|je regrette de (?:ne pas|devoir)|je crains (?:de ne|que (?:ce ne|cela ne|non))",
  ),
  words("(?:malheureusement|hélas),? (?:non|impossible|c'est impossible|ce n'est pas possible)"),
  words(
    `(?:je |j')(?:ne |n')?${object}(?:peux|puis|pourrai|pourrais|saurais|dois|veux|souhaite|vais|compte|fournis|fournirai|` +
      `aiderai|répondrai|donnerai|dirai)${adverb} (?:pas|point|rien|en aucun cas)${idle}`,
  ),
  words(`je ne (?:peux|puis|saurais) ${service}`),
  words("je n'ai pas (?:le droit|l'autorisation|la permission|la possibilité)|n'est pas possible pour moi"),
  words(`(?:nous|on) (?:ne )?${object}(?:pouvons|peut|devons|doit|souhaitons)${adverb} pas ${service}`),
  words(
    `(?:je|nous) ne (?:suis|sommes)${adverb} pas${adverb} (?:en mesure|autorisée?s?|capables?|habilitée?s?|programmée?s?|` +
      "conçue?s?|à l'aise|prête?s?|disposée?s?|en position)",
  ),
  words(
    "je (?:suis|me sens|me trouve)[^.,!?]{0,20}? (?:dans l'impossibilité|dans l'incapacité|incapable|au regret|mal à l'aise)",
  ),
  words("je ne me sens pas (?:\\p{L}+ )?(?:à l'aise|confortable)"),
  words(`il (?:m'est|nous est)${adverb} (?:impossible|interdit|défendu)`),
  words(`(?:il |cela |ça )?ne (?:m'est|nous est)${adverb} pas (?:possible|permis|autorisé)`),
  words(
    "je (?:dois |me vois (?:contrainte? de |obligée? de |dans l'obligation de )|préfère |vais )?(?:vous |te )?" +
      "(?:\\p{L}+ment )?(?:refuse|refuser|décline|décliner|m'abstiens|m'abstenir|passer mon tour)",
  ),
  words("je préf(?:ère|érerais) ne pas|j'aimerais mieux ne pas"),
  words("en tant (?:qu'|que )(?:une? )?(?:grand )?(?:ia|intelligence artificielle|assistante?|modèle)"),
  clause('(?:non,? )?(?:impossible|pas question)(?= ?[.,!]| de |$)'),
  claim(
    "(?:c'est|est|sont|serait|seraient|semble)(?: (?!pas|jamais|ni|plus|rien|nullement)[^\\s.,!?;]+){0,3} " +
      "(?:illégale?s?|illégaux|contraire à (?:la loi|l'éthique)|contre la loi|interdite?s?|immorale?s?|inappropriée?s?|non éthique)",
    deniers,
  ),
  words(
    "n'(?:est|était)(?: \\p{L}+ment)? pas(?: \\p{L}+ment)? (?:appropriée?|autorisée?|permise?|éthique|légale?|convenable|acceptable)",
  ),
  claim(
    "(?:contraires? à|à l'encontre de|enfreint|enfreindrait|viole|violerait|contre) (?:mes|nos|ma|notre|mon) (?:\\p{L}+ )?" +
      '(?:règles|principes|directives|consignes|lignes directrices|politiques?|programmation|valeurs|règlement)',
    deniers,
  ),
];
