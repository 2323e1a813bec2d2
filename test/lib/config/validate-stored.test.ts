import { expect, test } from '@jest/globals';

import type { ServiceDefinition } from '../../../lib/system.ts';
import { faultsOf, systemWith } from './faults.ts';

test.each<[string, ServiceDefinition[], string[]]>([
  [
    'a stored path that is none of the service',
    systemWith('auth', { stored: { '/help': [] } }),
    ['auth.stored has "/help", which is none of its paths: give one of them'],
  ],
  [
    'more query parameters than CloudFront takes',
    systemWith('catalog', { stored: { '/': Array.from({ length: 11 }, (_, index) => `p${index}`) } }),
    ['catalog.stored["/"] has 11 query parameters: CloudFront takes up to 10'],
  ],
])('%s is refused', (_, definitions, expected) => {
  expect(faultsOf({ definitions })).toEqual(expected);
});
