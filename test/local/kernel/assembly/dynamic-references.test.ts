import { expect, test } from '@jest/globals';

import { readSecret, resolveDynamicReferences } from '../../../../local/kernel/assembly/dynamic-references.ts';

const arn = 'arn:aws:secretsmanager:eu-central-1:000000000000:secret:db-AbCdEf';
const secrets: Record<string, string> = { [arn]: '{"username":"admin","port":5432}', plain: 's3cret' };

async function fetchSecret(id: string): Promise<string> {
  const secret = secrets[id];
  if (secret === undefined) throw new Error(`no secret ${id}`);
  return secret;
}

const resolve = (value: unknown) => resolveDynamicReferences(value, fetchSecret);

test.each([
  ['a key of a secret by its ARN', `{{resolve:secretsmanager:${arn}:SecretString:username::}}`, 'admin'],
  ['a key without trailing colons', `{{resolve:secretsmanager:${arn}:SecretString:port}}`, '5432'],
  ['a whole secret by its ARN', `{{resolve:secretsmanager:${arn}:SecretString:::}}`, secrets[arn]],
  ['a whole secret by its name', '{{resolve:secretsmanager:plain}}', 's3cret'],
  ['several in one string', '{{resolve:secretsmanager:plain}}@{{resolve:secretsmanager:plain}}!', 's3cret@s3cret!'],
])('%s', async (_, text, expected) => {
  expect(await resolve({ a: [text] })).toEqual({ a: [expected] });
});

test('a value without references is unchanged', async () => {
  const value = { a: [1, null, true, '{resolve}', { b: '' }] };
  expect(await resolve(value)).toEqual(value);
});

test('a reference to another service is refused', async () => {
  await expect(resolve('{{resolve:ssm:/a/b}}')).rejects.toThrow('{{resolve:ssm:/a/b}} is a dynamic reference to ssm');
});

test('the error for a missing key names the key and does not contain the secret', async () => {
  await expect(readSecret('db:b', async () => '{"a":"hidden"}')).rejects.toThrow(/^secret db has no key b$/);
  await expect(readSecret('db:b', async () => 'hidden')).rejects.toThrow(/^secret db is not JSON, so it has no key b$/);
});
