import { S3Client } from '@aws-sdk/client-s3';
import { SESClient } from '@aws-sdk/client-ses';
import { SNSClient } from '@aws-sdk/client-sns';
import { SQSClient } from '@aws-sdk/client-sqs';
import type { Breakers } from './breaker.ts';
import { isServiceDown } from './outage.ts';
import { inSpan } from './telemetry/spans.ts';

/** Region, endpoint and credentials come from the environment, as the SDK defines them. Times in ms. */
const common = {
  maxAttempts: 2,
  requestHandler: { connectionTimeout: 1000, requestTimeout: 5000, throwOnRequestTimeout: true },
};

/** How long nothing is sent to a topic or a queue that is down, in ms: the loops that use them try each second. */
const probeAfterMs = 5_000;

export const createSns = (breakers: Breakers) => behindBreaker(new SNSClient(common), breakers, 'SNS', probeAfterMs);

/** One attempt: SES takes no idempotency key, and a mail without a response in time may have been sent. The queue retries. */
export const createSes = (breakers: Breakers) =>
  behindBreaker(new SESClient({ ...common, maxAttempts: 1 }), breakers, 'SES', 30_000);

export const createS3 = (breakers: Breakers) => behindBreaker(new S3Client(common), breakers, 'S3', probeAfterMs);

/** The request timeout is longer than a long poll, which takes up to 20 s. */
export const createSqs = (breakers: Breakers) =>
  behindBreaker(
    new SQSClient({ ...common, requestHandler: { ...common.requestHandler, requestTimeout: 25_000 } }),
    breakers,
    'SQS',
    probeAfterMs,
  );

/** Counts each command once, whatever the number of its attempts. */
export function behindBreaker<C extends SNSClient | SESClient | SQSClient | S3Client>(
  client: C,
  breakers: Breakers,
  name: string,
  probeAfter: number,
): C {
  const breaker = breakers.create({ name, probeAfterMs: probeAfter, counts: isServiceDown });
  // The clients' stacks differ only in the types of their commands, which this does not look at.
  const { middlewareStack } = client as SNSClient;
  middlewareStack.add(
    (next, { commandName = '' }) =>
      (args) =>
        breaker.execute(() => inSpan(describeCall(name, commandName), () => next(args))),
    { step: 'initialize', name: 'breaker' },
  );
  return client;
}

/** @see https://opentelemetry.io/docs/specs/semconv/cloud-providers/aws-sdk/ */
function describeCall(service: string, commandName: string) {
  const method = `${service}/${commandName.replace(/Command$/, '')}`;
  return () => ({
    name: method,
    kind: 'CLIENT' as const,
    attributes: { 'rpc.system.name': 'aws-api', 'rpc.method': method },
  });
}
