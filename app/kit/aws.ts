import { SESClient } from '@aws-sdk/client-ses';
import { SNSClient } from '@aws-sdk/client-sns';
import { SQSClient } from '@aws-sdk/client-sqs';

/** Region, endpoint and credentials come from the environment, as the SDK defines them. Times in ms. */
const common = {
  maxAttempts: 2,
  requestHandler: { connectionTimeout: 1000, requestTimeout: 5000, throwOnRequestTimeout: true },
};

export const createSns = () => new SNSClient(common);

/** One attempt: SES knows no idempotency key, and a mail whose answer is late may be on its way. The queue retries. */
export const createSes = () => new SESClient({ ...common, maxAttempts: 1 });

/** A long poll takes up to 20 s to answer. */
export const createSqs = () =>
  new SQSClient({ ...common, requestHandler: { ...common.requestHandler, requestTimeout: 25_000 } });
