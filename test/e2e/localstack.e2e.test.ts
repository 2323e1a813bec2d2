import { afterAll, beforeAll, test } from '@jest/globals';
import { startLocalstack, type OtherEndpoint } from '../support/other-endpoint.ts';
import { expectLoopbackOnly } from '../support/loopback-only.ts';
import { startSystem, type System } from '../support/system.ts';
import { describeJourney } from './journey.ts';

let localstack: OtherEndpoint;
let system: System;

beforeAll(async () => {
  localstack = await startLocalstack();
  system = await startSystem({ env: { AWS_ENDPOINT_URL: localstack.url } });
});

afterAll(async () => {
  await system?.dispose();
  await localstack?.stop();
});

describeJourney(() => system);

test('LocalStack is not open to the network', async () => {
  await expectLoopbackOnly({ LocalStack: Number(new URL(localstack.url).port) });
});
