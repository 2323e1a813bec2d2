import { Template } from 'aws-cdk-lib/assertions';
import type { Stack } from 'aws-cdk-lib/core';
import { expect, test } from '@jest/globals';

import { createApp } from '../../../lib/app.ts';
import type { TelemetryProps } from '../../../lib/config/environment-props.ts';
import { system } from '../../../lib/system.ts';
import { temporaryOutdir } from '../stack.ts';

const headersArn = 'arn:aws:secretsmanager:eu-central-1:111122223333:secret:otlp-headers-AbCdEf';

/** Returns the templates of an environment with interface endpoints. */
function templatesWith(telemetry: TelemetryProps) {
  const environment = { mailFrom: 'orders@example.com', sandbox: true, telemetry };
  const app = createApp(system, { test: environment }, { outdir: temporaryOutdir() });
  const stage = app.node.findChild('test');
  const template = (name: string) => Template.fromStack(stage.node.findChild(name) as Stack);
  return { network: template('Network'), services: template('Services') };
}

interface Container {
  readonly Environment: { readonly Name: string; readonly Value: unknown }[];
  readonly Secrets: { readonly Name: string; readonly ValueFrom: unknown }[];
}

/** The telemetry variables and secrets of each task. */
const variablesIn = (services: Template) =>
  Object.values(services.findResources('AWS::ECS::TaskDefinition')).map(({ Properties }) => {
    const [{ Environment, Secrets }] = (Properties as { ContainerDefinitions: [Container] }).ContainerDefinitions;
    return Object.fromEntries(
      [
        ...Environment.map(({ Name, Value }) => [Name, Value] as const),
        ...Secrets.map(({ Name, ValueFrom }) => [Name, ValueFrom] as const),
      ].filter(([name]) => name.startsWith('OTEL_')),
    );
  });

/** How many tasks may connect to any address. */
const leaving = (services: Template) =>
  Object.values(services.findResources('AWS::EC2::SecurityGroup')).filter((group) =>
    JSON.stringify(group).includes('Receiver of telemetry'),
  ).length;

const mayPutTraces = (services: Template) =>
  Object.values(services.findResources('AWS::IAM::Policy')).filter((policy) =>
    JSON.stringify(policy).includes('"xray:PutTraceSegments"'),
  ).length;

test('every task sends to X-Ray by its endpoint with its role, and to no other address', () => {
  const otlpEndpoint = 'https://xray.eu-central-1.amazonaws.com';
  const { network, services } = templatesWith({ otlpEndpoint, tracesPercent: 5 });
  expect(variablesIn(services)).toEqual(
    system.map(() => ({ OTEL_EXPORTER_OTLP_ENDPOINT: otlpEndpoint, OTEL_TRACES_SAMPLER_ARG: '0.05' })),
  );
  expect([mayPutTraces(services), leaving(services)]).toEqual([system.length, 0]);
  network.hasResourceProperties('AWS::EC2::VPCEndpoint', { ServiceName: 'com.amazonaws.eu-central-1.xray' });
  network.resourceCountIs('AWS::EC2::NatGateway', 0);
});

test('every task reaches another receiver through NAT, with the headers as a secret', () => {
  const otlpEndpoint = 'https://otlp.example.com';
  const { network, services } = templatesWith({ otlpEndpoint, otlpHeadersSecretArn: headersArn });
  expect(variablesIn(services)).toEqual(
    system.map(() => ({
      OTEL_EXPORTER_OTLP_ENDPOINT: otlpEndpoint,
      OTEL_TRACES_SAMPLER_ARG: '1',
      OTEL_EXPORTER_OTLP_HEADERS: headersArn,
    })),
  );
  expect([mayPutTraces(services), leaving(services)]).toEqual([0, system.length]);
  network.resourceCountIs('AWS::EC2::NatGateway', 1);
  expect(
    Object.keys(network.findResources('AWS::EC2::VPCEndpoint', { Properties: { VpcEndpointType: 'Interface' } })),
  ).toHaveLength(7);
});
