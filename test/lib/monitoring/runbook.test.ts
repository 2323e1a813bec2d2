import { readFileSync } from 'node:fs';

import { expect, test } from '@jest/globals';

import { environmentNames } from '../environments.ts';
import { alarmsOf } from './metrics.ts';

const runbook = readFileSync('docs/runbook.md', 'utf8');
const entries = new Map(
  runbook
    .split(/^## /m)
    .slice(1)
    .map((entry) => [entry.split('\n')[0]!, entry]),
);
const link = /^[^#]+\. docs\/runbook\.md#([\w-]+)$/;
const kindOf = (description: string): string | undefined => link.exec(description)?.[1];

test.each(environmentNames)('every alarm of %s says where its entry in the runbook is', (environment) => {
  const missing = alarmsOf(environment).filter(({ AlarmDescription }) => !entries.has(kindOf(AlarmDescription) ?? ''));
  expect(missing.map(({ AlarmName }) => AlarmName)).toEqual([]);
});

test('every entry of the runbook is for an alarm', () => {
  const kinds = new Set(
    environmentNames.flatMap((environment) => alarmsOf(environment).map((alarm) => kindOf(alarm.AlarmDescription))),
  );
  expect([...entries.keys()].filter((entry) => !kinds.has(entry))).toEqual([]);
});

test.each([...entries])(
  'the entry %s says what people see, how to find the cause, what to do, and how to verify it',
  (_, entry) => {
    const parts = [...entry.matchAll(/^- \*\*([\w ]+)\*\*: \S/gm)].map(([, name]) => name);
    expect(parts).toEqual(['People see', 'Find the cause', 'Do', 'Verify']);
  },
);
