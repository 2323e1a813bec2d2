import { afterAll, beforeAll, jest } from '@jest/globals';
import { startLocalstack, type OtherEndpoint } from '../support/other-endpoint.ts';
import { startSystem, type System } from '../support/system.ts';
import { describeJourney } from './journey.ts';

jest.setTimeout(300_000);

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
