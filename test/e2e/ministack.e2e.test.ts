import { afterAll, beforeAll, test } from '@jest/globals';
import { startMinistack, type OtherEndpoint } from '../support/other-endpoint.ts';
import { expectLoopbackOnly } from '../support/loopback-only.ts';
import { startSystem, type System } from '../support/system.ts';
import { describeJourney } from './journey.ts';

let ministack: OtherEndpoint;
let system: System;

beforeAll(async () => {
  ministack = await startMinistack();
  system = await startSystem({ env: { AWS_ENDPOINT_URL: ministack.url } });
});

afterAll(async () => {
  await system?.dispose();
  await ministack?.stop();
});

describeJourney(() => system);

test('MiniStack is not open to the network', async () => {
  await expectLoopbackOnly({ MiniStack: Number(new URL(ministack.url).port) });
});
