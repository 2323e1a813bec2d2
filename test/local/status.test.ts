import { expect, test } from '@jest/globals';

import { joinSections } from '../../local/status.ts';

const queue = (name: string) => ({ name, waiting: 0, inFlight: 0, dead: 0 });

test('lists of several resources are joined', () => {
  expect(joinSections([{ queues: [queue('a')] }, {}, { queues: [queue('b')] }]).queues).toEqual([
    queue('a'),
    queue('b'),
  ]);
});

test('of several Redis servers, the status shows the first', () => {
  expect(joinSections([{ redis: { url: 'rediss://first' } }, { redis: { url: 'rediss://second' } }]).redis).toEqual({
    url: 'rediss://first',
  });
});
