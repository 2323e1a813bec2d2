import { AwsError } from './aws-error.ts';
import type { Secret } from './secret-store.ts';

/** The parameters of ListSecrets. */
export interface ListInput {
  readonly Filters?: readonly { Key: string; Values: readonly string[] }[];
  readonly MaxResults?: number;
  readonly NextToken?: string;
}

/** A page of the secrets that match, by name. The token is the index of the next one. */
export function listSecrets(secrets: readonly Secret[], { Filters = [], MaxResults = 100, NextToken }: ListInput) {
  const list = secrets
    .filter(({ deleteAt }) => deleteAt === undefined)
    .filter((secret) =>
      Filters.every(({ Key, Values }) => Values.some((value) => filterValue(secret, Key).startsWith(value))),
    )
    .toSorted((one, other) => one.name.localeCompare(other.name));
  const from = Number(NextToken ?? 0);
  const page = list.slice(from, from + MaxResults);
  const next = from + page.length;
  return { SecretList: page.map(describeSecret), NextToken: next < list.length ? String(next) : undefined };
}

/** A secret without its values. */
export function describeSecret(secret: Secret): Record<string, unknown> {
  return {
    ARN: secret.arn,
    Name: secret.name,
    Description: secret.description,
    KmsKeyId: secret.kmsKeyId,
    CreatedDate: seconds(secret.createdAt),
    LastChangedDate: seconds(secret.changedAt),
    DeletedDate: secret.deleteAt === undefined ? undefined : seconds(secret.deleteAt),
    Tags: Object.entries(secret.tags).map(([Key, Value]) => ({ Key, Value })),
    VersionIdsToStages: Object.fromEntries(Object.entries(secret.versions).map(([id, { stages }]) => [id, stages])),
  };
}

/** Times in the API are in seconds since 1970. */
export const seconds = (ms: number): number => ms / 1000;

function filterValue(secret: Secret, key: string): string {
  if (key === 'name') return secret.name;
  if (key === 'description') return secret.description ?? '';
  throw new AwsError('InvalidParameterException', `The filter ${key} is not supported here; name and description are.`);
}
