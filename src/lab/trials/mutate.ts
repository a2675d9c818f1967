/** @file Prompts that an attack makes without any model: an offline list, to read or to send elsewhere. */
import type { Behavior } from '../../core/behavior.ts';
import { LabError } from '../../core/errors.ts';
import { createRandom } from '../../core/random.ts';
import type { MutateRequest } from '../plan/request.ts';
import { checkTemplatePack } from '../plan/template-pack.ts';
import type { MutatedPrompt } from '../records/reply.ts';
import { textsUsed } from './attack-texts.ts';
import { chooseAttack, everyRole } from './choices.ts';
import type { Registries } from './registries.ts';

/**
 * One prompt per behavior, in order. The same request gives the same prompts.
 * @throws LabError 'unknown-method' or 'bad-options'; 'not-supported' for an attack that needs a model for every
 *   candidate; 'bad-input' when a template pack or the options leave nothing to send
 */
export function mutateBehaviors(
  { attack: choice, texts: pack = 'full', templates, seed }: MutateRequest,
  behaviors: readonly Behavior[],
  { attacks }: Pick<Registries, 'attacks'>,
): readonly MutatedPrompt[] {
  if (templates) checkTemplatePack(templates, attacks.all);
  const { method, options } = chooseAttack(attacks, choice, everyRole, templates);
  const { id, mutate, templates: packs } = method;
  if (mutate === undefined)
    throw new LabError('not-supported', `"${id}" needs a model for each of its prompts.`, {
      advice: `Run it on a model instead. Attacks that need none: ${mutatingIds(attacks.all)}.`,
    });
  const texts = packs && textsUsed(id, packs[pack], pack, templates);
  return behaviors.map((behavior) => {
    const random = createRandom(`${seed}/${behavior.id}/${id}`).fork('mutate');
    const result = mutate(behavior, options, {
      random,
      templates: packs?.[pack] ?? {},
      others: behaviors.filter(({ id: other }) => other !== behavior.id),
    });
    return { behavior: behavior.id, attack: id, seed, ...(texts && { texts }), result };
  });
}

const mutatingIds = (attacks: Registries['attacks']['all']): string =>
  attacks
    .filter(({ mutate }) => mutate !== undefined)
    .map(({ id }) => id)
    .join(', ');
