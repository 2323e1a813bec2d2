import type { Environment } from './environment.ts';

/** Returns the faults in whom alarms tell, and when. */
export function* alarmFaults({ alarms }: Environment): Generator<string> {
  for (const severity of ['critical', 'warning'] as const) {
    const addresses = alarms[severity];
    for (const address of addresses) {
      if (!/^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(address))
        yield `alarms.${severity} has "${address}": give e-mail addresses`;
    }
    if (new Set(addresses).size < addresses.length) yield `alarms.${severity} has an address twice: give each once`;
  }
  const { availabilityPercent, runbook } = alarms;
  // At 93 %, 14.4 times the budget is more than all requests.
  if (!(availabilityPercent >= 94 && availabilityPercent < 100))
    yield `alarms.availabilityPercent is ${availabilityPercent}: give at least 94 and less than 100, such as 99.9`;
  if (runbook === '' || /[\s#]/.test(runbook))
    yield `alarms.runbook is "${runbook}": give a URL or a path without a fragment`;
}
