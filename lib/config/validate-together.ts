import { overlap } from './address-range.ts';
import type { Environment } from './environment.ts';

/** Returns what two environments cannot both have. The order of the two makes no difference. */
export function* togetherFaults(a: Environment, b: Environment): Generator<string> {
  if (a.cidr === b.cidr) yield `cidr is ${a.cidr} in both: give each environment a range of its own`;
  else if (overlap(a.cidr, b.cidr))
    yield `cidr ${[a.cidr, b.cidr].toSorted().join(' overlaps ')}: give each environment a range of its own`;
  // An account has an identity of SES once in a region: the second environment would fail to create it.
  const isOneAccount = !a.account || !b.account || a.account === b.account;
  if (isOneAccount && a.region === b.region && a.mailFrom.toLowerCase() === b.mailFrom.toLowerCase())
    yield `mailFrom is "${a.mailFrom}" in both, for one account and region: give each environment an address of its own`;
}
