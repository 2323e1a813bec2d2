import { afterEach, expect, test } from '@jest/globals';

import { serviceSeenFrom, stopServices } from './service-behind-edge.ts';

afterEach(stopServices);

test.each(['198.51.100.9', '2001:db8::9'])(
  'a client at %s cannot forge its address through the edge',
  async (address) => {
    const get = await serviceSeenFrom(address);
    const forged: Record<string, string>[] = [
      {},
      { 'CloudFront-Viewer-Address': '1.1.1.1:1' },
      { 'cloudfront-viewer-address': '1.1.1.1:1', 'X-Forwarded-For': '10.0.0.1' },
      { 'X-Forwarded-For': '1.1.1.1', 'X-Real-IP': '1.1.1.1', 'True-Client-IP': '1.1.1.1' },
      { Connection: 'CloudFront-Viewer-Address, X-Forwarded-For' },
    ];
    for (const headers of forged) expect(JSON.parse((await get(headers)).body)).toMatchObject({ ip: address });
  },
);

test('a client cannot choose the id of the log through the edge', async () => {
  const get = await serviceSeenFrom('198.51.100.9');
  const response = await get({ 'X-Request-Id': 'chosen', Connection: 'CloudFront-Viewer-Address' });
  expect(JSON.parse(response.body).id).not.toBe('chosen');
  expect(response.headers['x-request-id']).not.toBe('chosen');
});
