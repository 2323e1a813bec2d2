import { ChangeMessageVisibilityBatchCommand, ReceiveMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';

import { readLetter, type Letter } from './letter.ts';

/** How long a letter is hidden from others once it is received, in seconds: longer than a batch takes. */
const hiddenSeconds = 120;

/** Receives up to 10 letters; none if the queue seems to be empty. */
export async function receive(sqs: SQSClient, QueueUrl: string, most: number): Promise<Letter[]> {
  const command = new ReceiveMessageCommand({
    QueueUrl,
    MaxNumberOfMessages: Math.min(10, most),
    VisibilityTimeout: hiddenSeconds,
    // A short poll asks some of the servers only (https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-short-and-long-polling.html).
    WaitTimeSeconds: 1,
    MessageAttributeNames: ['All'],
    MessageSystemAttributeNames: ['SentTimestamp'],
  });
  return ((await sqs.send(command)).Messages ?? []).map(readLetter);
}

/** Makes letters visible again that were received and stay. */
export async function release(sqs: SQSClient, QueueUrl: string, letters: readonly Letter[]): Promise<void> {
  for (let start = 0; start < letters.length; start += 10) {
    const Entries = letters
      .slice(start, start + 10)
      .map(({ message }, i) => ({ Id: String(i), ReceiptHandle: message.ReceiptHandle, VisibilityTimeout: 0 }));
    await sqs.send(new ChangeMessageVisibilityBatchCommand({ QueueUrl, Entries }));
  }
}

/** Returns up to `most` letters without taking them away. */
export async function peek(sqs: SQSClient, queueUrl: string, most: number): Promise<Letter[]> {
  const letters: Letter[] = [];
  try {
    while (letters.length < most) {
      const received = await receive(sqs, queueUrl, most - letters.length);
      if (received.length === 0) break;
      letters.push(...received);
    }
  } finally {
    await release(sqs, queueUrl, letters);
  }
  return letters;
}
