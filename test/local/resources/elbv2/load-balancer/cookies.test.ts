import { expect, test } from '@jest/globals';
import { createStickyCookie } from '../../../../../local/resources/elbv2/load-balancer/cookies.ts';

const choice = { id: 'a' };
const pairOf = (setCookie: string | undefined) => setCookie?.split(';')[0];

test('a cookie names its choice until the duration has passed', () => {
  let now = 1_000_000;
  const cookie = createStickyCookie<typeof choice>('AWSALB', 60_000, () => now);
  const [own, crossSite] = cookie.write(choice);
  expect(own).toContain(`Expires=${new Date(1_060_000).toUTCString()}; Path=/`);
  expect(crossSite).toMatch(/^AWSALBCORS=.*; SameSite=None; Secure$/);
  expect(cookie.read(`a=b; ${pairOf(own)}; c=d`)).toBe(choice);
  now += 60_001;
  expect(cookie.read(pairOf(own))).toBeUndefined();
});

test('a cookie that is missing, forged or of a forgotten choice names no choice', () => {
  const cookie = createStickyCookie<typeof choice>('AWSALB', 60_000, Date.now);
  const [own] = cookie.write(choice);
  expect(cookie.read(undefined)).toBeUndefined();
  expect(cookie.read(`AWSALB=made-up.${(Date.now() + 1000).toString(36)}`)).toBeUndefined();
  expect(cookie.read(`X${pairOf(own)}`)).toBeUndefined();
  cookie.forget(choice);
  expect(cookie.read(pairOf(own))).toBeUndefined();
});
