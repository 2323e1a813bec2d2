import { expect, test } from '@jest/globals';

import { siteUrlCapability } from '../../../lib/capabilities/site-url.ts';
import type { Workload } from '../../../lib/constructs/workload.ts';

/** Returns the variables that the capability sets. */
function variables(siteUrl?: string): Record<string, string> {
  const set: Record<string, string> = {};
  const workload = { addEnvironment: (more: Record<string, string>) => Object.assign(set, more) };
  siteUrlCapability(siteUrl).bind(workload as unknown as Workload, { kind: 'service', name: 'auth', paths: [] });
  return set;
}

test('a workload gets the site URL, or an empty one, so that requests name it', () => {
  expect(variables('https://shop.example.com')).toEqual({ SITE_URL: 'https://shop.example.com' });
  expect(variables()).toEqual({ SITE_URL: '' });
});
