import { Type, type Static } from 'typebox';

import { closed, ignored } from '../../kernel/schema.ts';
import type { DeploymentSettings } from './scheduler/deployment-settings.ts';

const percent = (value: number) => Type.Number({ default: value, minimum: 0 });

/**
 * How a service replaces its tasks; the defaults are those of the rolling update.
 * Source: docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DeploymentConfiguration.html
 */
export const deploymentConfiguration = Type.Object(
  {
    MinimumHealthyPercent: percent(100),
    MaximumPercent: percent(200),
    DeploymentCircuitBreaker: Type.Object(
      {
        Enable: Type.Boolean({ default: false }),
        Rollback: Type.Boolean({ default: false }),
        ResetOnHealthyTask: Type.Boolean({ default: true }),
        ThresholdConfiguration: Type.Object(
          {
            Type: Type.Union(
              [Type.Literal('COUNT'), Type.Literal('BOUNDED_PERCENT'), Type.Literal('UNBOUNDED_PERCENT')],
              { default: 'BOUNDED_PERCENT' },
            ),
            Value: Type.Integer({ default: 50, minimum: 1 }),
          },
          { ...closed, default: {} },
        ),
      },
      { ...closed, default: {} },
    ),
    Strategy: Type.Optional(Type.Literal('ROLLING')),
    ...ignored('No alarm goes off on a laptop.', 'Alarms'),
  },
  { ...closed, default: {} },
);

export function deploymentSettings(
  configuration: Static<typeof deploymentConfiguration>,
  healthGraceMs: number,
): DeploymentSettings {
  const { Enable, Rollback, ResetOnHealthyTask, ThresholdConfiguration } = configuration.DeploymentCircuitBreaker;
  return {
    minimumHealthyPercent: configuration.MinimumHealthyPercent,
    maximumPercent: configuration.MaximumPercent,
    healthGraceMs,
    circuitBreaker: {
      enabled: Enable,
      rollback: Rollback,
      resetOnHealthyTask: ResetOnHealthyTask,
      threshold: { type: ThresholdConfiguration.Type, value: ThresholdConfiguration.Value },
    },
  };
}
