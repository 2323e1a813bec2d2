import type { Host } from '../../host/host.ts';

/** The ARN of a resource of ECS, such as `cluster/main`. */
export const ecsArn = ({ region, accountId }: Pick<Host, 'region' | 'accountId'>, resource: string): string =>
  `arn:aws:ecs:${region}:${accountId}:${resource}`;
