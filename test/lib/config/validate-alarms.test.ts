import { expect, test } from '@jest/globals';

import { faultsOf } from './faults.ts';

test.each([
  [{ critical: ['night'] }, 'alarms.critical has "night": give e-mail addresses'],
  [{ warning: ['a@example.com', 'a@example.com'] }, 'alarms.warning has an address twice: give each once'],
  [{ availabilityPercent: 100 }, 'alarms.availabilityPercent is 100: give at least 94 and less than 100, such as 99.9'],
  [{ availabilityPercent: 93 }, 'alarms.availabilityPercent is 93: give at least 94 and less than 100, such as 99.9'],
  [
    { runbook: 'docs/run book.md#x' },
    'alarms.runbook is "docs/run book.md#x": give a URL or a path without a fragment',
  ],
])('alarms %j are refused', (alarms, fault) => {
  expect(faultsOf({ props: { alarms } })).toEqual([fault]);
});

test('a latency of 0 ms is refused', () => {
  expect(faultsOf({ props: { services: { auth: { p99Ms: 0 } } } })).toEqual([
    'services.auth.p99Ms is 0: give more than 0',
  ]);
});
