import { SESClient } from '@aws-sdk/client-ses';
import { SNSClient } from '@aws-sdk/client-sns';
import { SQSClient } from '@aws-sdk/client-sqs';

/** Region, endpoint and credentials come from the environment, as the SDK defines them. Times in ms. */
const common = {
  maxAttempts: 2,
  requestHandler: { connectionTimeout: 1000, requestTimeout: 5000, throwOnRequestTimeout: true },
};

export const createSns = () => new SNSClient(common);

/** One attempt: SES takes no idempotency key, and a mail without a response in time may have been sent. The queue retries. */
export const createSes = () => new SESClient({ ...common, maxAttempts: 1 });

/** The request timeout is longer than a long poll, which takes up to 20 s. */
export const createSqs = () =>
  new SQSClient({ ...common, requestHandler: { ...common.requestHandler, requestTimeout: 25_000 } });
