import type { Environment } from './environment.ts';
import { secretArnFaults } from './secret-arn.ts';
import { xRayRegion } from './telemetry.ts';

/** Returns why telemetry would not arrive. */
export function* telemetryFaults(environment: Environment): Generator<string> {
  const { telemetry, nat, region } = environment;
  if (!telemetry) return;
  const { otlpEndpoint: url, otlpHeadersSecretArn: arn, tracesPercent } = telemetry;
  const ofXRay = xRayRegion(url);
  if (!/^https:\/\/[^\s/?#@]+\/?$/.test(url) || !URL.canParse(url))
    yield `telemetry.otlpEndpoint is "${url}": give an https URL without a path, such as https://xray.${region}.amazonaws.com`;
  else if (new URL(url).port) yield `telemetry.otlpEndpoint is "${url}", but tasks reach port 443 only`;
  if (ofXRay !== undefined && ofXRay !== region)
    yield `telemetry.otlpEndpoint is X-Ray in ${ofXRay}, but region is ${region}: give https://xray.${region}.amazonaws.com`;
  if (ofXRay === undefined && nat === 'none')
    yield `nat is none, so tasks cannot reach ${url}: choose instance, one or per-az`;
  if (ofXRay !== undefined && arn !== undefined)
    yield `telemetry.otlpHeadersSecretArn is set (${arn}), but X-Ray takes no headers: tasks sign with their role, drop the secret`;
  if (ofXRay === undefined && arn !== undefined)
    yield* secretArnFaults('telemetry.otlpHeadersSecretArn', arn, environment);
  if (!(tracesPercent >= 0 && tracesPercent <= 100)) yield `telemetry.tracesPercent is ${tracesPercent}: give 0 to 100`;
}
