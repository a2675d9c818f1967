/** @file Against which model an attack is made: the undefended one, or the one behind the defenses of its column. */
import { directRequest, undefended, type Plan } from './plan.ts';

export const attackModes = ['static', 'adaptive'] as const;

/**
 * `static`: made on the undefended model, and its result put to every column. `adaptive`: made on the defended model of
 * each column.
 */
export type AttackMode = (typeof attackModes)[number];

/** Records and summaries of earlier releases name no mode: theirs is static. */
interface MaybeMode {
  readonly mode?: AttackMode | undefined;
}

export const modeOf = ({ mode }: MaybeMode): AttackMode => mode ?? 'static';
export const isAdaptive = (of: MaybeMode): boolean => modeOf(of) === 'adaptive';

/**
 * The modes in which a plan runs an attack in a column. Without a defense there is nothing to adapt to, and a direct
 * request adapts to nothing: these are static in every plan.
 */
export function modesOf(
  { attackMode = 'static' }: Pick<Plan, 'attackMode'>,
  { attack, defense }: { readonly attack: string; readonly defense: string },
): readonly AttackMode[] {
  if (defense === undefended || attack === directRequest) return ['static'];
  return attackMode === 'both' ? attackModes : [attackMode];
}
