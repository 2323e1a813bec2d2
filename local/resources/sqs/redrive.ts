import { DeleteMessageCommand, ReceiveMessageCommand, SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';

/**
 * Moves all messages of a dead-letter queue back to its queue, and returns how many. Message by message, since the embedded
 * endpoint has no StartMessageMoveTask: one that is interrupted is moved twice, never lost. The error that a consumer has
 * added is left out.
 */
export async function redrive(client: SQSClient, { from, to }: { from: string; to: string }): Promise<number> {
  for (let moved = 0; ;) {
    const { Messages = [] } = await client.send(
      new ReceiveMessageCommand({ QueueUrl: from, MaxNumberOfMessages: 10, MessageAttributeNames: ['All'] }),
    );
    if (Messages.length === 0) return moved;
    for (const { Body, MessageAttributes = {}, ReceiptHandle } of Messages) {
      const { failure: _failure, ...attributes } = MessageAttributes;
      await client.send(new SendMessageCommand({ QueueUrl: to, MessageBody: Body, MessageAttributes: attributes }));
      await client.send(new DeleteMessageCommand({ QueueUrl: from, ReceiptHandle }));
      moved += 1;
    }
  }
}
