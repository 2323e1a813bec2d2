import { build } from '@aws-sdk/util-arn-parser';

import type { Host } from '../host/host.ts';

/**
 * Returns the ARN of a resource in the account and region of the host.
 *
 * @param service such as `ecs`
 * @param resource such as `cluster/main`
 */
export const arnOf = (
  { region, accountId }: Pick<Host, 'region' | 'accountId'>,
  service: string,
  resource: string,
): string => build({ service, region, accountId, resource });
