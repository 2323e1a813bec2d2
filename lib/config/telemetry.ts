import type { TelemetryProps } from './environment-props.ts';

/**
 * Whether telemetry goes to X-Ray, which is reached and authorized as an AWS API is.
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch-OTLPEndpoint.html
 */
export const isXRay = ({ otlpEndpoint }: TelemetryProps): boolean => xRayRegion(otlpEndpoint) !== undefined;

/** Returns the region of an X-Ray endpoint; undefined if the URL is not one. */
export const xRayRegion = (url: string): string | undefined =>
  /^https:\/\/xray\.([\w-]+)\.amazonaws\.com(?:\.cn)?\/?$/.exec(url)?.[1];
