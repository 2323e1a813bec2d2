import { SESClient } from '@aws-sdk/client-ses';
import { SNSClient } from '@aws-sdk/client-sns';
import { SQSClient } from '@aws-sdk/client-sqs';

/** Region, endpoint and credentials come from the environment, as the SDK defines them. Times in ms. */
const common = {
  maxAttempts: 2,
  requestHandler: { connectionTimeout: 1000, requestTimeout: 5000, throwOnRequestTimeout: true },
};

export const createSns = () => new SNSClient(common);
export const createSes = () => new SESClient(common);

/** A long poll takes up to 20 s to answer. */
export const createSqs = () =>
  new SQSClient({ ...common, requestHandler: { ...common.requestHandler, requestTimeout: 25_000 } });
