import { GetQueueAttributesCommand, GetQueueUrlCommand, type SQSClient } from '@aws-sdk/client-sqs';

export interface Queues {
  readonly url: string;
  readonly deadUrl: string;
  /** About how many messages the dead-letter queue has. */
  readonly count: number;
}

/** Finds a queue and its dead-letter queue. @throws Error if there is no such queue, or it has none */
export async function findQueues(sqs: SQSClient, name: string): Promise<Queues> {
  const url = await urlOf(sqs, name);
  const { RedrivePolicy } = await attributesOf(sqs, url);
  const { deadLetterTargetArn = '' } = JSON.parse(RedrivePolicy ?? '{}') as { deadLetterTargetArn?: string };
  if (deadLetterTargetArn === '')
    throw new Error(`The queue ${name} has no dead-letter queue. Name the queue, not its dead-letter queue.`);
  const deadUrl = await urlOf(sqs, deadLetterTargetArn.split(':').at(-1) ?? '');
  const { ApproximateNumberOfMessages } = await attributesOf(sqs, deadUrl);
  return { url, deadUrl, count: Number(ApproximateNumberOfMessages) };
}

async function urlOf(sqs: SQSClient, QueueName: string): Promise<string> {
  try {
    const { QueueUrl = '' } = await sqs.send(new GetQueueUrlCommand({ QueueName }));
    return QueueUrl;
  } catch (error) {
    if (!/NonExistentQueue|QueueDoesNotExist/.test((error as Error).name)) throw error;
    throw new Error(`There is no queue ${QueueName} in this account and region.`, { cause: error });
  }
}

async function attributesOf(sqs: SQSClient, QueueUrl: string): Promise<Record<string, string>> {
  const command = new GetQueueAttributesCommand({
    QueueUrl,
    AttributeNames: ['RedrivePolicy', 'ApproximateNumberOfMessages'],
  });
  return (await sqs.send(command)).Attributes ?? {};
}
