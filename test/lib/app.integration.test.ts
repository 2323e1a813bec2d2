import { Annotations, Match } from 'aws-cdk-lib/assertions';
import { Stack } from 'aws-cdk-lib/core';
import type { App } from 'aws-cdk-lib/core';
import { expect, test } from '@jest/globals';

import { createApp } from '../../lib/app.ts';
import type { EnvironmentProps } from '../../lib/config/environment-props.ts';
import { environments } from '../../lib/config/environments.ts';
import { system } from '../../lib/system.ts';
import { temporaryOutdir } from './stack.ts';

const appWith = (settings: Readonly<Record<string, EnvironmentProps>>, env?: string): App =>
  createApp(system, settings, { outdir: temporaryOutdir(), autoSynth: false, ...(env && { context: { env } }) });
const stagesOf = (app: App): string[] => app.node.children.map(({ node }) => node.id);

test('the environment of the laptop is synthesized only when it is named', () => {
  expect(stagesOf(appWith(environments))).toEqual(['dev', 'staging', 'prod']);
  expect(stagesOf(appWith(environments, 'local'))).toEqual(['local']);
});

/** Returns the warnings of the stacks of `prod`, with the stack that has them. */
function warningsWith(props: Partial<EnvironmentProps>): string[] {
  const app = appWith({ prod: { mailFrom: 'orders@shop.dev', sandbox: true, ...props } });
  const stacks = app.node.findAll().filter((construct) => Stack.isStack(construct));
  return stacks.flatMap((stack) =>
    Annotations.fromStack(stack)
      .findWarning('*', Match.anyValue())
      .map(({ id, entry }) => `${id}: ${entry.data as string}`),
  );
}

test('a placeholder in a protected environment is a warning that names the setting, once', () => {
  const provider = {
    paymentProviderUrl: 'https://payments.example.com',
    paymentProviderSecretArn: 'arn:aws:secretsmanager:eu-central-1:111122223333:secret:payment-provider-AbCdEf',
  };
  expect(warningsWith({ mailFrom: 'orders@example.com' })).toEqual([
    expect.stringMatching(/^\/prod\/Data: mailFrom is the placeholder "orders@example\.com": set your own in /),
  ]);
  expect(warningsWith({ sandbox: false, ...provider })).toEqual([
    expect.stringMatching(/^\/prod\/Data: paymentProviderUrl is the placeholder "https:\/\/payments\.example\.com": /),
    expect.stringMatching(/^\/prod\/Data: paymentProviderSecretArn is the placeholder "arn:.*:111122223333:/),
  ]);
  expect(warningsWith({})).toEqual([]);
  expect(warningsWith({ protect: false, mailFrom: 'orders@example.com' })).toEqual([]);
});

test('a region that synth does not know takes the settings that it needs, and no other', () => {
  const region = { region: 'eu-south-1', availabilityZones: ['eu-south-1a', 'eu-south-1b'] };
  const prefixList = { cloudFrontPrefixList: 'pl-12345678' };
  const app = appWith({ prod: { ...environments['dev']!, ...region, ...prefixList } });
  const stacks = app.synth().getNestedAssembly('assembly-prod').stacks;
  const prefixLists = stacks.flatMap(({ template }) => JSON.stringify(template).match(/"(pl-\w+|undefined)"/g) ?? []);
  expect(prefixLists).toEqual(['"pl-12345678"']);
});

test('an environment that pins its account is synthesized without credentials', () => {
  const app = appWith({ prod: { ...environments['dev']!, account: '111122223333' } });
  const stacks = app.synth().getNestedAssembly('assembly-prod').stacks;
  const environmentOf = (part: string) => stacks.find(({ id }) => id.includes(part))?.environment;
  expect(environmentOf('Data')).toMatchObject({ account: '111122223333', region: 'eu-central-1' });
  expect(environmentOf('Firewall')).toMatchObject({ account: '111122223333', region: 'us-east-1' });
});
