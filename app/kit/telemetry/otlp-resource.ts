import { randomUUID } from 'node:crypto';
import { resourceFromAttributes } from '@opentelemetry/resources';

export interface ResourceConfig {
  readonly ENVIRONMENT_NAME: string;
  readonly SERVICE_NAME: string;
  readonly AWS_REGION: string;
}

const instance = randomUUID();

/** Describes this task, whose telemetry it is (https://opentelemetry.io/docs/specs/semconv/resource/). */
export const resourceOf = ({ ENVIRONMENT_NAME, SERVICE_NAME, AWS_REGION }: ResourceConfig) =>
  resourceFromAttributes({
    'deployment.environment.name': ENVIRONMENT_NAME,
    'service.name': SERVICE_NAME,
    'service.namespace': 'headroom',
    'service.instance.id': instance,
    'cloud.region': AWS_REGION,
  });
