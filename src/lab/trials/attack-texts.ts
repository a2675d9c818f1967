/** @file Which pack of texts an attack works with: the full one wherever it fits the models that read it. */
import type { Attack } from '../../attacks/attack.ts';
import type { Behavior } from '../../core/behavior.ts';
import { user, type ChatMessage } from '../../core/chat.ts';
import { languageRoles, rolesNeeded } from '../../core/method.ts';
import { createRandom } from '../../core/random.ts';
import { packLanguage, templatesHash, type PackName, type Templates } from '../../core/templates.ts';
import type { LanguageModel } from '../../models/language-model.ts';
import { promptTokens } from '../../models/prompt-size.ts';
import type { RoleModels } from '../../models/role-models.ts';
import type { TemplatePack } from '../plan/template-pack.ts';
import type { AttackTexts } from '../records/trial.ts';
import type { Chosen } from './choices.ts';

/** Least tokens to leave for an answer: the full texts ask for long ones. */
const leastAnswerTokens = 256;

/** Tokens to leave for what a role model writes, where the attack has no option that says more. */
const replyTokens = 128;

/** What decides on the pack, besides the attack and the models. */
export interface TextSettings {
  /** The pack that the plan names; else the choice is made here. */
  readonly pack?: PackName | undefined;
  /** The user's own texts, which the attack has already taken in. */
  readonly own?: TemplatePack | undefined;
  /** Most tokens of an answer. */
  readonly answerTokens: number;
  /** All that may be asked in the run; the longest request decides, so that one attack has one pack per model. */
  readonly behaviors: readonly Behavior[];
}

interface Readers extends Pick<RoleModels, 'role'> {
  readonly target: LanguageModel;
}

export interface ChosenTexts {
  readonly templates: Templates;
  /** For the record; absent for an attack without texts. */
  readonly texts?: AttackTexts;
}

/** The texts that the attack works with on these models, the same for every trial of a plan. */
export function chooseTexts(attack: Chosen<Attack>, readers: Readers, settings: TextSettings): ChosenTexts {
  const { templates: packs, id } = attack.method;
  if (packs === undefined) return { templates: {} };
  const pack = settings.pack ?? (fullPackFits(attack, readers, settings) ? 'full' : 'compact');
  return { templates: packs[pack], texts: textsUsed(id, packs[pack], pack, settings.own) };
}

/** How a record names texts. */
export function textsUsed(
  attack: string,
  templates: Templates,
  pack: PackName,
  own: TemplatePack | undefined,
): AttackTexts {
  const replaced = own !== undefined && attack.split('+').some((id) => Object.hasOwn(own.templates, id));
  const language = replaced ? (own.language ?? null) : packLanguage;
  return { pack, hash: templatesHash(templates), language };
}

/**
 * True if the longest text of the full pack and the prompt that the attack makes without a query, each filled with the
 * longest request, leave the target room to answer, and the longest text leaves every role model room to reply. Texts
 * that only role models read do not count against the target.
 */
function fullPackFits(
  { method, options }: Chosen<Attack>,
  readers: Readers,
  settings: TextSettings,
): boolean {
  const { target, role } = readers;
  const behavior = longest(settings.behaviors, ({ prompt, context = '' }) => prompt.length + context.length);
  const templates = method.templates!.full;
  const text = longest(Object.values(templates).flat(), ({ length }) => length) ?? '';
  const alone = [user(`${text}\n${behavior?.prompt ?? ''}`)];
  const room = Math.max(leastAnswerTokens, settings.answerTokens, optionTokens(options['maxNewTokens']));
  const reply = optionTokens(options['attackerTokens']) || replyTokens;
  const roleModels = rolesNeeded(method, options).flatMap((name) => {
    const languageRole = languageRoles.find((known) => known === name);
    return languageRole === undefined ? [] : [role(languageRole)];
  });
  // An attack that makes no prompt without another model has that model read its texts, not the target.
  const targetReads = method.mutate !== undefined || roleModels.length === 0;
  if (targetReads && !fits(target, alone, room)) return false;
  if (!roleModels.every((model) => fits(model, alone, reply))) return false;
  if (behavior === undefined || method.mutate === undefined) return true;
  const others = settings.behaviors.filter(({ id }) => id !== behavior.id);
  const context = { random: createRandom('pack'), templates, others };
  return fits(target, method.mutate(behavior, options, context).messages, room);
}

const fits = (model: LanguageModel, prompt: readonly ChatMessage[], room: number): boolean =>
  promptTokens(model, prompt) + room <= model.contextWindow;

const optionTokens = (value: unknown): number => (typeof value === 'number' ? value : 0);

/** The first of the longest; `undefined` for none. */
const longest = <T>(items: readonly T[], length: (item: T) => number): T | undefined =>
  items.reduce<T | undefined>(
    (best, item) => (best === undefined || length(item) > length(best) ? item : best),
    undefined,
  );
