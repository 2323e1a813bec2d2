import { parseKeyPairsIntoRecord } from '@opentelemetry/core';
import { JsonMetricsSerializer } from '@opentelemetry/otlp-transformer';
import type { ResourceMetrics } from '@opentelemetry/sdk-metrics';
import { resourceOf, type ResourceConfig } from './otlp-resource.ts';
import { sendOtlp } from './otlp-send.ts';
import { isXRay } from './x-ray.ts';

/**
 * Sends metrics by OTLP. X-Ray takes spans only; CloudWatch has the metrics from the log.
 * @param endpoint base URL of the receiver
 * @param headers sent to it: `name=value`, separated by commas
 * @throws Error if the receiver does not accept them
 */
export async function sendMetrics(
  { endpoint, headers }: { endpoint: string; headers?: string | undefined },
  metrics: ResourceMetrics,
  config: ResourceConfig,
): Promise<void> {
  const url = `${endpoint.replace(/\/$/, '')}/v1/metrics`;
  if (isXRay(url)) return;
  const own = parseKeyPairsIntoRecord(headers);
  const body = JsonMetricsSerializer.serializeRequest({ ...metrics, resource: resourceOf(config) }) as Uint8Array;
  await sendOtlp(url, body, async (_body, more) => ({ ...own, ...more }));
}
