import type { Behavior } from '../core/behavior.ts';
import { LabError } from '../core/errors.ts';
import { arxiv } from '../core/method.ts';
import { text } from '../core/options.ts';
import { readRewriterReply } from '../core/rewriter-reply.ts';
import { fillSlots } from '../core/slots.ts';
import { joinedPacks, templateOf, templatePacks } from '../core/templates.ts';
import type { LanguageModel } from '../models/language-model.ts';
import { conversation, defineAttack, type AttackContext } from './attack.ts';
import { intoEnglish, translationLength } from './parts/answered-in.ts';
import { ask } from './parts/ask.ts';
import { echoShare } from './parts/content-words.ts';
import { successNeeds, successTakes, variantOptions } from './parts/success/options.ts';
import { judgeTexts } from './parts/success/judge-score.ts';
import { firstAnswered, listed, type Variant } from './parts/variants.ts';
import compact from './templates/compact/multilingual.json' with { type: 'json' };
import full from './templates/full/multilingual.json' with { type: 'json' };

async function* variants(
  behavior: Behavior,
  languages: readonly string[],
  translator: LanguageModel,
  { templates, signal }: Pick<AttackContext, 'templates' | 'signal'>,
): AsyncGenerator<Variant, void> {
  const maxNewTokens = translationLength(behavior.prompt);
  for (const language of languages) {
    const question = fillSlots(templateOf(templates, 'into'), { language, text: behavior.prompt });
    const reply = await ask(translator, question, { maxNewTokens, signal });
    const task = { original: behavior.prompt, labels: [language] };
    const { text: translation, flaw } = readRewriterReply(reply, task);
    if (flaw !== null) {
      yield { name: language, messages: conversation(behavior), note: { flaw }, unsent: 'untranslated' };
      continue;
    }
    const answeredIn = { language, question: fillSlots(templateOf(templates, 'back'), { language }) };
    const roundTrip = (await intoEnglish(translator, answeredIn, translation, signal)).text ?? '';
    yield {
      name: language,
      messages: conversation(behavior, translation),
      answeredIn,
      note: { roundTrip, fidelity: echoShare(behavior.prompt, roundTrip) },
    };
  }
}

/**
 * Multilingual jailbreak: the request is translated into another language, where safety training may be thin. The
 * translated request and the answers are also translated back into English: the first shows how faithful the
 * translation is, the second decides what counts as refused or answered, here and in the lab's evaluators.
 */
export const multilingual = defineAttack({
  id: 'multilingual',
  title: 'Multilingual',
  paper: arxiv('2310.06474', 'Multilingual Jailbreak Challenges in Large Language Models'),
  summary: 'Asks in other languages, where safety training may be thin.',
  differs:
    'Any model translates, instead of a translation service; the languages are those of the later ' +
    'experiments, tried in order until one is answered.',
  access: 'black-box',
  needs: ['translator'],
  needsWhen: successNeeds,
  takesWhen: successTakes,
  templates: joinedPacks(templatePacks(compact, full), judgeTexts),
  options: {
    languages: text({
      description:
        'Names of languages, separated by semicolons, tried in order; with one, the target is not queried.',
      default: 'Chinese; Italian; Vietnamese; Arabic; Korean; Thai; Bengali; Swahili; Javanese',
      maxLength: 1000,
    }),
    ...variantOptions,
  },
  async *run(behavior, model, options, context) {
    const languages = listed(options.languages);
    if (languages.length === 0)
      throw new LabError('bad-options', 'The attack "multilingual" has no language.', {
        advice: 'Name at least one, such as "Swahili".',
      });
    return yield* firstAnswered(
      behavior,
      model,
      variants(behavior, languages, context.role('translator'), context),
      { ...options, fixed: languages.length === 1 },
      context,
    );
  },
});
