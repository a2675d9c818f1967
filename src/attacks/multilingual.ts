import type { Behavior } from '../core/behavior.ts';
import { LabError } from '../core/errors.ts';
import { arxiv } from '../core/method.ts';
import { text } from '../core/options.ts';
import { isEmptyResponse } from '../core/refusal.ts';
import { fillSlots } from '../core/slots.ts';
import { templateOf, type Templates } from '../core/templates.ts';
import type { LanguageModel } from '../models/language-model.ts';
import { conversation, defineAttack } from './attack.ts';
import { ask } from './parts/ask.ts';
import { echoShare } from './parts/echo.ts';
import { judgeTexts } from './parts/judge-score.ts';
import { firstAnswered, listed, trialNeeds, trialOptions, type Variant } from './parts/variants.ts';
import texts from './templates/multilingual.json' with { type: 'json' };

/** The two questions to the translator. A text may take one token a letter, and more in another script. */
const translation = (translator: LanguageModel, templates: Templates, signal: AbortSignal) => {
  const put = async (template: string, slots: Readonly<Record<string, string>>, said: string) =>
    (
      await ask(translator, fillSlots(templateOf(templates, template), { ...slots, text: said }), {
        maxNewTokens: 32 + 2 * said.length,
        signal,
      })
    ).trim();
  return {
    into: (language: string, said: string) => put('into', { language }, said),
    back: (language: string, said: string) => put('back', { language }, said),
  };
};

async function* variants(
  behavior: Behavior,
  languages: readonly string[],
  { into, back }: ReturnType<typeof translation>,
): AsyncGenerator<Variant, void> {
  for (const language of languages) {
    const translated = await into(language, behavior.prompt);
    if (isEmptyResponse(translated)) {
      yield { name: language, messages: conversation(behavior), unsent: 'untranslated' };
      continue;
    }
    const roundTrip = await back(language, translated);
    yield {
      name: language,
      messages: conversation(behavior, translated),
      read: (answer) => back(language, answer),
      note: { roundTrip, fidelity: echoShare(behavior.prompt, roundTrip) },
    };
  }
}

/**
 * Multilingual jailbreak: the request is put in another language, where safety training may be thin. The translator
 * also puts the translated request and the answers back into English: the one shows how faithful the translation is,
 * the other is what counts as refused or answered.
 */
export const multilingual = defineAttack({
  id: 'multilingual',
  title: 'Multilingual',
  paper: arxiv('2310.06474', 'Multilingual Jailbreak Challenges in Large Language Models'),
  summary: 'Asks in other languages, where safety training may be thin.',
  differs:
    'Any model translates, in place of a translation service; the languages are those of the later ' +
    "experiments, tried in order until one is answered; the lab's evaluators read the answer as it " +
    'came.',
  access: 'black-box',
  needs: ['translator'],
  taxonomy: [],
  needsWhen: trialNeeds,
  templates: { ...texts, ...judgeTexts },
  options: {
    languages: text({
      description:
        'Languages by name, with semicolons between them, tried in order; with one, the target is not asked.',
      default: 'Chinese; Italian; Vietnamese; Arabic; Korean; Thai; Bengali; Swahili; Javanese',
      maxLength: 1000,
    }),
    ...trialOptions,
  },
  async *run(behavior, model, options, context) {
    const languages = listed(options.languages);
    if (languages.length === 0)
      throw new LabError('bad-options', 'The attack "multilingual" has no language.', {
        advice: 'Name at least one, such as "Swahili".',
      });
    const translator = translation(context.role('translator'), context.templates, context.signal);
    return yield* firstAnswered(
      behavior,
      model,
      variants(behavior, languages, translator),
      { ...options, fixed: languages.length === 1 },
      context,
    );
  },
});
