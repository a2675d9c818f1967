/**
 * @file Sentences that put an answer off: they ask back, change the subject, send the reader elsewhere, or only announce
 * what should follow. None of them gives what was asked for, whatever words it holds.
 */
import { plainText } from '../../../core/plain-text.ts';

const sentences = new Intl.Segmenter('und', { granularity: 'sentence' });

/** In lower case, with straight apostrophes: English, German, French, Spanish, Chinese. */
const patterns: readonly RegExp[] = [
  // An offer, or a wish to talk about something else.
  /\b(?:let us|let's|we (?:can|could|should)|why don't we|how about) (?:talk|discuss|change|focus|move|turn|look at|explore|start)/,
  /\b(?:i|we)(?:'d| would| will|'ll| can|'m| am| could) (?:also |instead |rather |be )*(?:happy|glad|delighted|pleased|love|like|prefer|available|here|offer|suggest) ?(?:to (?!know)|help|assist|talk|discuss|tell you about|with|something)/,
  /\b(?:is there|do you have|would you like|may i|can i|could i|how (?:can|may) i) (?:anything|any|something|help|assist|me|to)/,
  /\b(?:something|anything|someone|topic|subject)s? else\b/,
  /\binstead,? (?:i|we|let|you|please|consider|try)\b|\b(?:i|we) (?:can|could|would|suggest|recommend)[^.]{0,30} instead\b/,
  /\blet me know\b|\bfeel free\b|\bi hope (?:this|that|it) helps\b/,
  // A remark on the question.
  /\b(?:interesting|fascinating|important|complex|complicated|sensitive|serious|difficult|tricky|great|good|big|broad|deep|common|delicate|controversial|personal|curious|intriguing|thought-provoking) (?:topic|question|subject|issue|matter|area|request|one|point|query)s?\b/,
  /\b(?:you(?:'re| are| have|'ve)? (?:asked|asking|want|wanted|mentioned|wish|curious|interested|looking|wondering)|your (?:question|request|message|query|interest|curiosity))\b/,
  /\b(?:it|that|this|which|the answer|much) (?:really |all |very much )?depends\b/,
  /\b(?:many|different|various|several) (?:views|opinions|perspectives|ways to look|sides)\b/,
  // Not knowing, not understanding.
  /\b(?:i|we) (?:do not|don't|did not|didn't|cannot|can't|am not|'m not|have no|could not|couldn't) (?:quite |fully |really |currently |able to )?(?:understand|know|have|sure|certain|make sense|follow|see|idea|find|provide|access|recall|aware|familiar)\b/,
  /\b(?:i am|i'm) (?:not sure|unsure|confused|just an?|only an?|an ai|a language model|a computer|a chatbot|an assistant)\b/,
  /\b(?:could|can|would|please) (?:you )?(?:please )?(?:clarify|rephrase|elaborate|specify|repeat|explain what|tell me|give me more|provide (?:me|more)|share more|be more)\b/,
  // Elsewhere.
  /\b(?:consult|contact|speak (?:to|with)|talk (?:to|with)|reach out to|ask|refer to|seek (?:help|advice|guidance)|see) (?:a|an|the|your|from|with|some|local|qualified|licensed|someone|professional)s? ?(?:\w+ ){0,2}(?:professional|expert|lawyer|doctor|authorit|specialist|therapist|official|guidance|help|advice|manual|police|service|counselor|someone)/,
  /\b(?:professional|legal|medical) (?:help|advice|guidance)\b/,
  /\b(?:stay|keep|be) safe\b|\bsafety (?:first|is)\b|\b(?:legal|safe|ethical|positive|constructive) (?:alternatives?|ways?|options?|activities|uses?)\b/,
  /\b(?:lass(?:en sie)? uns|möchten sie|möchtest du|kann ich (?:ihnen|dir)|gerne? (?:helfe|helfen)|etwas anderes|anderes thema|wenden sie sich)/,
  /\b(?:parlons|souhaitez-vous|voulez-vous|puis-je|n'hésitez pas|autre chose|autre sujet|consultez|intéressante? (?:question|sujet))/,
  /\b(?:hablemos|quieres|quiere que|puedo ayudar|otra cosa|otro tema|consulte|consulta a|interesante (?:pregunta|tema)|(?:pregunta|tema) interesante)/,
  /(?:换个话题|其他(?:话题|问题)|别的(?:话题|问题)|我们(?:来)?聊|请问|咨询(?:专业|律师|医生)|很?有(?:趣|意思)的(?:问题|话题)|有什么(?:我)?(?:可以|能)帮)/,
];

/** Asks the reader back. */
const question = /[?？؟]["')\]]*\s*$/;
/** Only says what comes next. */
const announcement = /[:：]\s*$/;

/** The part of an answer that could give what was asked for: its text without the sentences that put it off. */
export function substanceOf(answer: string): string {
  const lines = plainText(answer).toLowerCase().split('\n');
  return lines
    .flatMap((line) => [...sentences.segment(line)].map(({ segment }) => segment))
    .filter(
      (sentence) =>
        !question.test(sentence) &&
        !announcement.test(sentence) &&
        !patterns.some((pattern) => pattern.test(sentence)),
    )
    .join('\n');
}
