import { expect, test } from '@jest/globals';

import { uploadsFaults } from '../../../lib/config/validate-uploads.ts';
import type { ServiceDefinition } from '../../../lib/system.ts';

const worker = (name: string, uses: Partial<ServiceDefinition>): ServiceDefinition => ({
  ...uses,
  kind: 'worker',
  name,
});

test('prefixes that do not overlap are accepted', () => {
  const definitions = [
    worker('imager', { watches: ['originals/'], uploads: { reads: ['originals/'], writes: ['variants/small/'] } }),
    worker('scanner', { watches: ['documents/'] }),
  ];
  expect([...uploadsFaults(definitions)]).toEqual([]);
});

test.each<[string, ServiceDefinition[], string]>([
  [
    'a prefix without a slash at its end',
    [worker('imager', { watches: ['originals'] })],
    'imager: "originals" is not a key prefix such as "originals/"',
  ],
  [
    'a wildcard',
    [worker('imager', { uploads: { writes: ['*/'] } })],
    'imager: "*/" is not a key prefix such as "originals/"',
  ],
  [
    'a queue fed by events and objects',
    [worker('imager', { receives: ['payment.succeeded'], watches: ['originals/'] })],
    'imager has both `receives` and `watches`: give each kind of message a worker of its own',
  ],
  [
    'overlapping prefixes',
    [worker('imager', { watches: ['originals/'] }), worker('scanner', { watches: ['originals/pdf/'] })],
    'scanner watches "originals/pdf/", which overlaps "originals/" of imager: S3 notifies one queue only',
  ],
])('%s is refused', (_what, definitions, fault) => {
  expect([...uploadsFaults(definitions)]).toEqual([fault]);
});
