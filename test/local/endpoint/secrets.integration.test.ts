import { afterAll, beforeAll, expect, test } from '@jest/globals';
import {
  CreateSecretCommand,
  DeleteSecretCommand,
  DescribeSecretCommand,
  GetRandomPasswordCommand,
  GetSecretValueCommand,
  ListSecretsCommand,
  PutSecretValueCommand,
  RestoreSecretCommand,
  RotateSecretCommand,
  SecretsManagerClient,
  TagResourceCommand,
  UpdateSecretCommand,
} from '@aws-sdk/client-secrets-manager';
import { startTestEndpoint, type TestEndpoint } from '../../support/endpoint.ts';

let endpoint: TestEndpoint;
let secrets: SecretsManagerClient;
beforeAll(async () => {
  endpoint = await startTestEndpoint();
  secrets = new SecretsManagerClient(endpoint.clientConfig);
});
afterAll(async () => {
  secrets.destroy();
  await endpoint.stop();
});

const value = async (SecretId: string, VersionStage?: string) =>
  (await secrets.send(new GetSecretValueCommand({ SecretId, VersionStage }))).SecretString;

test('a secret is found by name, ARN, and ARN without its suffix, also after a restart', async () => {
  const { ARN = '' } = await secrets.send(new CreateSecretCommand({ Name: 'app/found', SecretString: 's3cret' }));
  expect(ARN).toMatch(/^arn:aws:secretsmanager:eu-central-1:000000000000:secret:app\/found-[\w]{6}$/);
  await endpoint.restart();
  for (const id of ['app/found', ARN, ARN.slice(0, -7)]) expect(await value(id)).toBe('s3cret');
});

test('a new value becomes current, and the one before stays as previous', async () => {
  await secrets.send(new CreateSecretCommand({ Name: 'rotated', SecretString: 'one' }));
  await secrets.send(new PutSecretValueCommand({ SecretId: 'rotated', SecretString: 'two' }));
  await secrets.send(new UpdateSecretCommand({ SecretId: 'rotated', SecretString: 'three', Description: 'described' }));
  expect([await value('rotated'), await value('rotated', 'AWSPREVIOUS')]).toEqual(['three', 'two']);
  const described = await secrets.send(new DescribeSecretCommand({ SecretId: 'rotated' }));
  expect(described).toMatchObject({ Name: 'rotated', Description: 'described', LastChangedDate: expect.any(Date) });
  expect(
    Object.values(described.VersionIdsToStages ?? {})
      .flat()
      .toSorted(),
  ).toEqual(['AWSCURRENT', 'AWSPREVIOUS']);
});

test('of concurrent requests to create the same secret, one succeeds', async () => {
  const results = await Promise.allSettled(
    Array.from({ length: 10 }, async (_, index) =>
      secrets.send(new CreateSecretCommand({ Name: 'contended', SecretString: String(index) })),
    ),
  );
  const refused = results.filter((result) => result.status === 'rejected');
  expect(refused).toHaveLength(9);
  expect(refused[0]?.reason).toMatchObject({ name: 'ResourceExistsException' });
});

test('a binary value comes back byte for byte', async () => {
  const SecretBinary = new Uint8Array([0, 255, 10]);
  await secrets.send(new CreateSecretCommand({ Name: 'binary', SecretBinary }));
  const response = await secrets.send(new GetSecretValueCommand({ SecretId: 'binary' }));
  expect(response.SecretBinary).toEqual(SecretBinary);
});

test('a deleted secret can be restored, unless it was deleted without recovery', async () => {
  await secrets.send(new CreateSecretCommand({ Name: 'gone', SecretString: 'x' }));
  await secrets.send(new DeleteSecretCommand({ SecretId: 'gone' }));
  await expect(value('gone')).rejects.toMatchObject({ name: 'InvalidRequestException' });
  await secrets.send(new RestoreSecretCommand({ SecretId: 'gone' }));
  expect(await value('gone')).toBe('x');
  await secrets.send(new DeleteSecretCommand({ SecretId: 'gone', ForceDeleteWithoutRecovery: true }));
  await expect(value('gone')).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
});

test('secrets are listed by name prefix, page by page, with their tags', async () => {
  for (const Name of ['listed/a', 'listed/b', 'listed/c']) {
    await secrets.send(new CreateSecretCommand({ Name, SecretString: 'x' }));
  }
  await secrets.send(new TagResourceCommand({ SecretId: 'listed/b', Tags: [{ Key: 'team', Value: 'shop' }] }));
  const Filters = [{ Key: 'name' as const, Values: ['listed/'] }];
  const first = await secrets.send(new ListSecretsCommand({ Filters, MaxResults: 2 }));
  const second = await secrets.send(new ListSecretsCommand({ Filters, MaxResults: 2, NextToken: first.NextToken }));
  expect([first, second].map(({ SecretList }) => SecretList?.map(({ Name }) => Name))).toEqual([
    ['listed/a', 'listed/b'],
    ['listed/c'],
  ]);
  expect(first.SecretList?.[1]?.Tags).toEqual([{ Key: 'team', Value: 'shop' }]);
});

test('a random password follows its rules', async () => {
  const { RandomPassword = '' } = await secrets.send(
    new GetRandomPasswordCommand({ PasswordLength: 20, ExcludePunctuation: true, ExcludeCharacters: 'abc123' }),
  );
  expect(RandomPassword).toMatch(/^[d-zA-Z4-90]{20}$/);
});

test('an unknown action is refused by name', async () => {
  await expect(secrets.send(new RotateSecretCommand({ SecretId: 'rotated' }))).rejects.toMatchObject({
    name: 'UnknownOperationException',
    message: expect.stringContaining('RotateSecret'),
  });
});
