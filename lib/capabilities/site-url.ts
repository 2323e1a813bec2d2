import type { Capability } from './capability.ts';

/**
 * Passes a workload the URL that links to the system begin with. Empty if it is not set: the domain name of the distribution
 * is not known before the services are deployed, and each request names it.
 */
export const siteUrlCapability = (siteUrl = ''): Capability => ({
  bind(workload) {
    workload.addEnvironment({ SITE_URL: siteUrl });
  },
});
