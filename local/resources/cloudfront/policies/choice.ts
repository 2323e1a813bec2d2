import { Type, type Static } from 'typebox';

import { allBut, everything, nothing, only, type Selection } from './selection.ts';

/** The names that a behaviour refers to. */
export const names = Type.Optional(Type.Array(Type.String()));

/** Which query parameters or cookies a policy covers, as CloudFormation states it. */
export const choice = Type.Union([
  Type.Literal('none'),
  Type.Literal('whitelist'),
  Type.Literal('allExcept'),
  Type.Literal('all'),
]);

/** Returns what a policy's behaviour covers, with the names it lists. */
export function toSelection(behavior: Static<typeof choice>, listed: readonly string[] = []): Selection {
  if (behavior === 'whitelist') return only(listed);
  if (behavior === 'allExcept') return allBut(listed);
  return behavior === 'all' ? everything : nothing;
}
