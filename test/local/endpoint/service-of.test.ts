import { expect, test } from '@jest/globals';
import { serviceOf } from '../../../local/endpoint/service-of.ts';

const scope = (service: string) => `test/20260101/eu-central-1/${service}/aws4_request`;
const signed = (service: string) => ({
  authorization: `AWS4-HMAC-SHA256 Credential=${scope(service)}, SignedHeaders=host, Signature=0`,
});

test.each([
  ['a signed request', { headers: signed('sqs'), query: {}, body: {} }, 'sqs'],
  ['a signed form', { headers: signed('ses'), query: {}, body: { Action: 'Publish' } }, 'ses'],
  ['a presigned URL', { headers: {}, query: { 'X-Amz-Credential': scope('s3') }, body: undefined }, 's3'],
  ['an unsigned SQS target', { headers: { 'x-amz-target': 'AmazonSQS.SendMessage' }, query: {}, body: {} }, 'sqs'],
  [
    'an unsigned secrets target',
    { headers: { 'x-amz-target': 'secretsmanager.Get' }, query: {}, body: {} },
    'secretsmanager',
  ],
  ['an unsigned mail', { headers: {}, query: {}, body: { Action: 'SendEmail' } }, 'ses'],
  ['an unsigned publication', { headers: {}, query: {}, body: { Action: 'Publish' } }, 'sns'],
  ['a browser’s upload', { headers: {}, query: {}, body: Buffer.from('') }, 's3'],
])('the service of %s is recognized', (_what, request, service) => {
  expect(serviceOf(request)).toBe(service);
});
