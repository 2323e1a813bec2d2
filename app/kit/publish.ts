import { PublishBatchCommand, type PublishBatchRequestEntry, type SNSClient } from '@aws-sdk/client-sns';
import { isOutage } from './outage.ts';

export interface Refusal {
  /** `Id` of the entry. */
  readonly id: string;
  readonly error: string;
  /** Whether the entry is surely at fault. If not, the topic may refuse every entry. */
  readonly certain: boolean;
}

interface Outcome {
  /** `Id` of each entry that the topic took. */
  readonly published: string[];
  readonly refused: Refusal[];
}

/**
 * Publishes entries, at most 10. A batch that is refused as a whole, be it for one entry or for its total size, is published
 * one by one.
 * @throws the error of the SDK when SNS cannot be reached
 */
export async function publish(
  sns: Pick<SNSClient, 'send'>,
  topicArn: string,
  entries: PublishBatchRequestEntry[],
): Promise<Outcome> {
  try {
    return await publishBatch(sns, topicArn, entries);
  } catch (error) {
    if (isOutage(error) && !isResponse(error)) throw error;
    const outcomes = await Promise.all(
      entries.map(async (entry) =>
        publishBatch(sns, topicArn, [entry]).catch((cause: unknown) => refusalOf(entry, cause)),
      ),
    );
    return {
      published: outcomes.flatMap(({ published }) => published),
      refused: outcomes.flatMap(({ refused }) => refused),
    };
  }
}

async function publishBatch(
  sns: Pick<SNSClient, 'send'>,
  TopicArn: string,
  PublishBatchRequestEntries: PublishBatchRequestEntry[],
): Promise<Outcome> {
  const { Successful = [], Failed = [] } = await sns.send(
    new PublishBatchCommand({ TopicArn, PublishBatchRequestEntries }),
  );
  return {
    published: Successful.map(({ Id = '' }) => Id),
    refused: Failed.map(({ Id = '', Code = '', Message = '', SenderFault = false }) => ({
      id: Id,
      error: `${Code}: ${Message}`,
      certain: SenderFault && isAboutEntry(Code),
    })),
  };
}

function refusalOf({ Id = '' }: PublishBatchRequestEntry, error: unknown): Outcome {
  const { name = '' } = error as { name?: string };
  return { published: [], refused: [{ id: Id, error: String(error), certain: isAboutEntry(name) }] };
}

/** Whether SNS responded with this error. */
function isResponse(error: unknown): boolean {
  return (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode !== undefined;
}

/**
 * Whether an error code is about the content of one message. Others are about the topic, its key or the caller's permissions
 * (https://docs.aws.amazon.com/sns/latest/api/API_PublishBatch.html#API_PublishBatch_Errors).
 */
function isAboutEntry(code: string): boolean {
  return /^(?:InvalidParameter|ValidationE|BatchRequestTooLong)/.test(code);
}
