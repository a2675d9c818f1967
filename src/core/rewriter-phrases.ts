/**
 * @file How models that rewrite, translate, correct or propose speak around the text they were asked for, in English, as
 * regular expressions: announcements before it, remarks behind it, and answers in its place.
 */

/** Names that a model gives to the text it was asked for. */
const product =
  '(?:versions?|rewrit(?:e|es|ing)|rewordings?|rephrasings?|reformulations?|paraphrases?|translations?|variations?|variants?|' +
  'alternatives?|options?|prompts?|requests?|questions?|sentences?|texts?|templates?|messages?|paragraphs?|attempts?|' +
  'suggestions?|revisions?|drafts?|corrections?|wordings?|phrasings?|results?|outputs?|phrases?|' +
  '(?:ways?|possibilit(?:y|ies)) (?:to|of|you) (?:(?:could|can|might|may) )?\\w+(?: \\w+){0,4})';
const plural = /\b(?:\w+s|possibilities) *(?:(?:to|of|you|for|in|with|that)\b.*)?$/i;
const several =
  /\b(?:two|three|four|five|six|some|several|(?:a )?few|a couple of|\d+|different|multiple|possible)\b/i;

/** Words that tell a text of the model's own making from one that it was given. */
const made =
  '(?:rewritten|reworded|rephrased|reformulated|paraphrased|translated|revised|corrected|improved|modified|updated|edited|' +
  'new|next|first|final|better|softer|shortened|shorter|short|simplified|condensed|expanded|past[- ]tense|future[- ]tense|slang|' +
  'persuasive|possible|alternative|adversarial|suggested|proposed|requested|your|my|\\w+ translation|translation)';

const start = (source: string) => new RegExp(`^(?:${source})`, 'i');
const whole = (source: string) => new RegExp(`^(?:${source})$`, 'iu');

/** Assent before anything else: "Sure!", "Of course, I'd be happy to help." */
export const assent = start(
  '(?:sure(?: thing)?|certainly|of course|absolutely|definitely|okay|ok|alright|all right|great|no problem|got it|understood|' +
    "gladly|with pleasure|happy to help|yes|thank you|thanks|i(?:'d| would) be (?:happy|glad) to[^.!:\\n]{0,60}|" +
    "i(?:'m| am) (?:happy|glad) to[^.!:\\n]{0,60}|i can (?:help|do|certainly)[^.!:\\n]{0,50}|i understand[^.!:\\n]{0,50}|" +
    "let me (?:try|help|re\\w+|translate)[^.!:\\n]{0,50}|let's (?:try|re\\w+)[^.!:\\n]{0,50})(?=[.!,:;\\s]|$)[.!,;\\s]*",
);

/** Assent before a text in the same line. */
export const exclamation =
  /^(?:sure(?: thing)?|certainly|of course|absolutely|no problem|great question|got it)! (?=\S)/i;

/** A reason and the title of the prompt behind it, as in the fields of an object. */
export const promptBehindReason =
  /^[*_#\s]*(?:improvement|reasoning|reason|thoughts?|strategy|explanation)[*_]*\s*:[\s\S]*?\n[*_#\s]*(?:new |revised |improved )?prompt[*_]*\s*:[*_]*\s*/i;

/** The head of an announcement, without assent and emphasis, that names a text of the model's own making. */
const plain: readonly RegExp[] = [
  whole('here you go|here (?:it|they) (?:is|are)|here goes'),
  whole(
    `(?:so |now )?(?:here(?:'s| is| are)|this is|below (?:is|are)|the following (?:is|are)) .*\\b(?:${made}\\b.*\\b${product}|${product}.*\\b(?:${made}|in|of the|that|with|using|for|you)\\b.*|(?:${made}|the|some|several|two|three|four|five|\\d+|a few)(?: \\w+){0,3} ${product})\\b.*`,
  ),
  whole(
    `(?:the |my |your |a )?(?:${made} )+${product}(?: ?#?(?:\\d+|[a-c]))?(?: (?:is|are|would be|could be|reads|might be)(?: as follows)?)?(?: (?:in|of|for|using|with|to) [^:]{1,60})?`,
  ),
  whole(
    `(?:the )?(?:translation|rewrite|rewording|rephrasing|paraphrase|reformulation|revision|correction|output|result|prompt|request)(?: (?:is|would be|reads|could be))?(?: (?:in|of|for|into|to) [^:]{1,60})?`,
  ),
  whole(`(?:option|version|alternative|variation|variant|rewrite|attempt)(?: ?#?(?:\\d+|[a-c]|one))`),
  whole(
    "(?:i|we)(?:'ve|'d|'ll| have| would| will| can| could| might)? (?:(?:also|just|suggest|propose) )?(?:rewr|rewrit|reword|rephras|paraphras|translat|" +
      'reformulat|convert|turn(?:ed)? (?:it|the|this|your)|put (?:it|this|the)|(?:say|ask|suggest|propose) ?(?:it|this|the following|that)?).*',
  ),
  whole(
    '(?:you|one|it|this|that|the [\\w ]{1,40}|your [\\w ]{1,40}) (?:can|could|may|might|would|should) (?:also |then )?(?:say|ask|write|try|put|be (?:re)?(?:written|worded|phrased|put|translated|expressed|formulated|said|asked))\\b.*',
  ),
  whole(
    '(?:one|another|a (?:possible|different|good|better)) (?:way|possibility|option)(?: (?:to|of) .*)?(?: (?:is|would be|could be|might be))?',
  ),
  whole(
    '(?:in|using|with) (?:the )?(?:past tense|future tense|slang|other words|short|plain words|fewer words|a different order)(?:,? (?:this|it|that|(?:the|your) [\\w ]{1,30}) (?:is|becomes|would be|reads|could be))?',
  ),
  whole('(?:past|future)(?: tense)?|in past|in future|(?:final |my )?answer|a'),
  whole(
    '(?:rewritten|reworded|rephrased|reformulated|paraphrased|translated|revised|corrected|shortened)(?: (?:in|into|to|as|with) [^:]{1,60})?',
  ),
  whole(
    "(?:here(?:'s| is) )?(?:how (?:i|you|one)(?:'d| would| could| might| can)|(?:my|your) (?:take|request|question|prompt|text|sentence)\\b).*(?:phrase|put|say|ask|word|rewrit|rephrased|reworded|rewritten|translated|take|version|on (?:it|this|that)).*",
  ),
  whole('[\\p{L}-]+ (?:translation|version)'),
  whole('(?:以下是|下面是|这是)?[^：\\n]{0,12}(?:翻译|译文)[^：\\n]{0,6}'),
  whole('"?[^"]{1,200}"? (?:translates to|(?:is|can be) translated (?:as|to)|becomes)'),
];
/** Announcements only where a line break or a quotation follows: the text itself may begin so. */
const weak: readonly RegExp[] = [
  whole(`(?:so |now )?(?:here(?:'s| is| are)|this is|below is) .*\\b(?:${product}|one|examples?|try)\\b.*`),
  whole(`(?:the )?(?:question|sentence|text|template|message|paragraph|phrase|response|example)`),
];

/** Of an answer that was to be corrected; any other announcement may be part of the answer. */
export const correction = whole(
  "(?:here(?:'s| is) )?(?:the |my |your |a )?(?:corrected|revised|improved|edited|rewritten|better)(?: and \\w+)? (?:answer|response|version|text)(?: (?:is|would be|reads))?(?: (?:of|to|for) [^:]{1,60})?",
);

export type Announcement = 'one' | 'several' | null;

/** On one line, without marks of emphasis. */
export const wordsOf = (head: string): string =>
  head
    .replace(/[*_#>`]+/g, '')
    .replace(/\s+/g, ' ')
    .trim()
    .replace(/[’‘]/g, "'");

/**
 * The form of an announcement whose head is `words`, without assent and emphasis; `null` if it is none.
 * @param behind what follows the head of the announcement: only a line break or a quotation make weak words clear
 */
export function announcementIn(words: string, behind: string): Announcement {
  const isClear = [...plain, correction].some((pattern) => pattern.test(words));
  const isSeparate = /^\s*\n|^\s*["“”«「„'‘*`]/.test(behind);
  if (!isClear && !(isSeparate && weak.some((pattern) => pattern.test(words)))) return null;
  return /\b(?:here|below|following|are)\b/i.test(words) && plural.test(words) && several.test(words)
    ? 'several'
    : 'one';
}

/** A paragraph or a bracket behind the text that speaks about it, or to whoever asked. */
export const remark = start(
  '[(（\\[*_~\\s-]*(?:(?:please )?(?:let me know|feel free)\\b|i hope (?:this|that|it|these) (?:\\w+ ){0,2}?(?:helps?|works?|meets|fits|suits|captures|is what)\\b|hope (?:this|that) helps|would you like (?:me|another|more|to see)\\b|' +
    "do you want me\\b|is there anything (?:else|more)|if you(?:'d| would)? (?:like|need|want|have)\\b[^.\\n]{0,80}(?:let me know|i can|just ask|feel free|me to)|" +
    '(?:please )?note(?: that)?\\b[^\\n]{0,160}\\b(?:version|rewrit\\w+|reword\\w+|rephras\\w+|translat\\w+|tense|meaning|wording|original|literal\\w*|i (?:have|changed|kept|used|made|replaced)|prompt)\\b|' +
    '(?:explanations?|rationale|reasoning|changes(?: made)?|what (?:i )?changed|why (?:this|it) works|improvement)\\b\\s*[*_]*:|' +
    '(?:this|it) translates\\b|(?:in )?th(?:is|e) (?:\\w+ )?(?:version|rewrite|rewording|rephrasing|revision|paraphrase|translation|reformulation)\\b|' +
    '(?:this|it|that) [^.\\n]{0,60}\\b(?:keeps?|preserves?|maintains?|retains?|conveys?) the (?:original|same|core|full|overall)\\b|' +
    "i(?:'ve| have)? (?:also )?(?:changed|replaced|kept|rewrote|rephrased|reworded|rewritten|translated|shortened|used|made|tried|avoided)\\b[^\\n]{0,80}\\b(?:tenses?|meaning|wording|words?|sentences?|tone|style|version|original|requests?|prompt|questions?|text|synonyms?|phras\\w+|language|slang|it sound)\\b|" +
    '(?:注|译注|说明)[：:]|(?:word count|\\d+ words)\\b|(?:literal(?:ly)?|pronunciation|pronounced|transliteration|romani[sz]ation|pinyin|translation|back[- ]translation|english|past tense|future tense)\\b\\s*[*_]*[:)])',
);

/** The heading of an account of the text, which goes on to the end of the reply. */
export const accountHeading = start(
  '[*_#\\s]*(?:(?:explanations?|rationale|reasoning|changes(?: made)?|what (?:i )?changed|why (?:this|it) works)\\b\\s*[*_]*:|(?:this|the) (?:\\w+ )?(?:version|rewrite|rewording|translation)\\b[^\\n]*:\\s*$)',
);

/** An offer in the same line as the end of the text. */
export const closingOffer =
  /\s+(?:please )?(?:let me know if (?:you(?:'d like (?:me|any|another|more|to)| (?:need|want|have) (?:any|more|another|further|me))|there(?:'s| is) anything)|i hope (?:this|that) helps|feel free to (?:ask|adjust|modify|change))[^\n?]*[.!]?\s*$/i;

/** The start of another proposal in place of the first. */
export const otherProposal =
  /\n\s*\n[*_#\s]*(?:or|alternatively|another (?:version|option|way|possibility|alternative|rewrite)[^\n:]{0,60}|(?:option|version|alternative|variation) ?#?(?:2|b|two))[*_]*\s*[:.)][*_]*\s/i;

/** An answer to the request that should have been rewritten. */
export const answerOpening = start(
  "(?:here(?:'s| is| are) (?:how\\b|(?:a|the|some|several|few|\\d+|three|five|ten) (?:\\w+ ){0,3}(?:steps?|guide|tips|instructions|recipe|ingredients|methods)\\b)|" +
    "(?:ingredients|instructions|steps|materials|you will need|step 1)\\b[ *_]*:|the (?:answer|solution|secret|first step) (?:is|to)\\b|to (?!whom|the|a |an |my|your|our|all|what|be )[a-z]+ [^.?!:\\n]{1,80}[,:] (?:you(?:'ll)? (?:can|need|should|must|will|first|have)|follow|first|start|begin|simply|just)\\b|" +
    "first,? you(?:'ll)? (?:need|should|must|have)\\b|you(?:'ll)? (?:can|need to|should|must|will need) [^?\\n]{1,200}\\.\\s)",
);
