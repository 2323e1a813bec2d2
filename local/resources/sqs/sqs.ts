import { SQSClient } from '@aws-sdk/client-sqs';

import { clientConfig, type AwsHost } from '../aws.ts';
import { queuePolicy } from './queue-policy.ts';
import { queue } from './queue.ts';

/** Queues at the AWS endpoint. */
export function sqs(host: AwsHost) {
  const client = new SQSClient(clientConfig(host));
  return { definitions: [queue(client, host.endpointUrl), queuePolicy(client)] };
}
