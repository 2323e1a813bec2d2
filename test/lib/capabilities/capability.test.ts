import { expect, test } from '@jest/globals';

import { bindCapabilities } from '../../../lib/capabilities/capability.ts';
import type { Capabilities } from '../../../lib/capabilities/capability.ts';
import type { Workload } from '../../../lib/constructs/workload.ts';
import type { ServiceDefinition } from '../../../lib/system.ts';

const names = [
  'database',
  'sessions',
  'receives',
  'watches',
  'publishes',
  'mail',
  'calls',
  'paymentProvider',
  'sandboxProvider',
  'uploads',
] as const;

/** Returns the capabilities bound for a definition, in order. */
function boundFor(definition: ServiceDefinition): string[] {
  const bound: string[] = [];
  const record = (name: string) => ({ bind: () => void bound.push(name) });
  const capabilities = Object.fromEntries(names.map((name) => [name, record(name)])) as unknown as Capabilities;
  bindCapabilities(capabilities, {} as Workload, definition);
  return bound;
}

test('binds the capabilities that a definition names, in the order of the capabilities', () => {
  const worker = {
    kind: 'worker',
    name: 'mailer',
    mail: true,
    database: true,
    receives: ['payment.succeeded'],
  } as const;
  expect(boundFor(worker)).toEqual(['database', 'receives', 'mail']);
});

test('binds nothing for a definition that uses nothing', () => {
  expect(boundFor({ kind: 'service', name: 'static', paths: ['/'] })).toEqual([]);
});
