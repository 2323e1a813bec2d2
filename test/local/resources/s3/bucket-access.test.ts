import { expect, test } from '@jest/globals';

import { allowsService, type PolicyDocument } from '../../../../local/resources/s3/bucket-access.ts';

type Statement = PolicyDocument['Statement'][number];

const statement: Statement = {
  Effect: 'Allow',
  Principal: { Service: 'cloudfront.amazonaws.com' },
  Action: 's3:GetObject',
  Resource: 'arn:aws:s3:::uploads/media/*',
  Condition: { ArnLike: { 'AWS:SourceArn': 'arn:aws:cloudfront::000000000000:distribution/*' } },
};
const request = {
  service: 'cloudfront.amazonaws.com',
  sourceArn: 'arn:aws:cloudfront::000000000000:distribution/E1',
  action: 's3:GetObject',
  resource: 'arn:aws:s3:::uploads/media/a.webp',
};

test.each<[string, Statement]>([
  ['names the service, the action, the object and its source', statement],
  ['lists several', { ...statement, Action: ['s3:PutObject', 's3:Get*'], Resource: ['x', 'arn:aws:s3:::uploads/*'] }],
  ['has no condition', { ...statement, Condition: {} }],
  ['names the distribution', { ...statement, Condition: { StringEquals: { 'aws:SourceArn': [request.sourceArn] } } }],
])('a statement that %s allows the request', (_, given) => {
  expect(allowsService({ Statement: [given] }, request)).toBe(true);
});

test.each<[string, Partial<Statement>]>([
  ['a denial', { Effect: 'Deny' }],
  ['another principal', { Principal: { Service: 'logging.s3.amazonaws.com' } }],
  ['everybody, who are not this service', { Principal: '*' }],
  ['another action', { Action: 's3:PutObject' }],
  ['another prefix', { Resource: 'arn:aws:s3:::uploads/originals/*' }],
  ['distributions of another account', { Condition: { ArnLike: { 'AWS:SourceArn': 'arn:aws:cloudfront::1:*' } } }],
  ['a wildcard that the operator takes literally', { Condition: { StringEquals: { 'aws:SourceArn': '*' } } }],
  ['a condition that is not known here', { Condition: { StringEquals: { 'aws:SourceAccount': '000000000000' } } }],
])('a statement of %s does not allow it', (_, change) => {
  expect(allowsService({ Statement: [{ ...statement, ...change }] }, request)).toBe(false);
});
