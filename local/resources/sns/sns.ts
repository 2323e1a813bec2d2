import { SNSClient } from '@aws-sdk/client-sns';

import { clientConfig, type AwsHost } from '../aws.ts';
import { subscription } from './subscription.ts';
import { topicPolicy } from './topic-policy.ts';
import { topic } from './topic.ts';

/** Topics at the AWS endpoint. */
export function sns(host: AwsHost) {
  const client = new SNSClient(clientConfig(host));
  return { definitions: [topic(client), subscription(client), topicPolicy(client)] };
}
