import { randomUUID } from 'node:crypto';
import { randomPassword, type PasswordRules } from './random-password.ts';
import { AwsError } from './aws-error.ts';
import { describeSecret, listSecrets, seconds, type ListInput } from './secret-list.ts';
import { withVersion, type Secret, type SecretStore, type SecretVersion } from './secret-store.ts';

/** The parameters of all actions. */
interface Input extends PasswordRules, ListInput {
  readonly Name?: string;
  readonly SecretId?: string;
  readonly SecretString?: string;
  readonly SecretBinary?: string;
  readonly ClientRequestToken?: string;
  readonly Description?: string;
  readonly KmsKeyId?: string;
  readonly VersionId?: string;
  readonly VersionStage?: string;
  readonly ForceDeleteWithoutRecovery?: boolean;
  readonly RecoveryWindowInDays?: number;
  readonly Tags?: readonly { Key: string; Value: string }[];
  readonly TagKeys?: readonly string[];
}

export type SecretsAction = (input: Input) => Record<string, unknown>;

/** The part of Secrets Manager's API that deployments and services use. */
export function createSecretsManager(store: SecretStore): Readonly<Record<string, SecretsAction>> {
  const live = (input: Input): Secret => {
    const secret = store.find(required(input.SecretId, 'SecretId'));
    if (secret.deleteAt === undefined) return secret;
    throw new AwsError(
      'InvalidRequestException',
      `You can't perform this operation on the secret because it was marked for deletion: ${secret.name}`,
    );
  };
  /** Adds a version. A repeated token with the same value returns the version that it added. */
  const put = (secret: Secret, input: Input): { secret: Secret; versionId?: string } => {
    if (input.SecretString === undefined && input.SecretBinary === undefined) return { secret };
    const versionId = input.ClientRequestToken ?? randomUUID();
    const kept = secret.versions[versionId];
    if (!kept)
      return {
        secret: withVersion(secret, versionId, { string: input.SecretString, binary: input.SecretBinary }),
        versionId,
      };
    if (kept.string === input.SecretString && kept.binary === input.SecretBinary) return { secret, versionId };
    throw new AwsError('ResourceExistsException', `A version with the token ${versionId} exists with another value.`);
  };

  return {
    CreateSecret(input) {
      const name = required(input.Name, 'Name');
      if (!/^[\w/+=.@-]{1,512}$/.test(name))
        throw new AwsError('ValidationException', `Invalid name: ${name}. It takes letters, digits and /_+=.@-`);
      const existing = store.has(name) ? store.find(name) : undefined;
      if (existing?.deleteAt !== undefined) {
        throw new AwsError(
          'InvalidRequestException',
          `The secret ${name} is scheduled for deletion; restore it, or delete it without recovery.`,
        );
      }
      if (existing && !(input.ClientRequestToken && existing.versions[input.ClientRequestToken])) {
        throw new AwsError(
          'ResourceExistsException',
          `The operation failed because the secret ${name} already exists.`,
        );
      }
      const now = Date.now();
      const made = existing ?? {
        name,
        arn: store.newArn(name),
        description: input.Description,
        kmsKeyId: input.KmsKeyId,
        tags: Object.fromEntries(input.Tags?.map(({ Key, Value }) => [Key, Value]) ?? []),
        createdAt: now,
        changedAt: now,
        versions: {},
      };
      const { secret, versionId } = put(made, input);
      store.save(secret);
      return { ARN: secret.arn, Name: secret.name, VersionId: versionId };
    },
    GetSecretValue(input) {
      const secret = live(input);
      const stage = input.VersionStage ?? 'AWSCURRENT';
      const found = input.VersionId
        ? ([input.VersionId, secret.versions[input.VersionId]] as const)
        : Object.entries(secret.versions).find(([, candidate]) => candidate.stages.includes(stage));
      const version: SecretVersion | undefined = found?.[1];
      if (!found || !version) {
        throw new AwsError(
          'ResourceNotFoundException',
          `Secrets Manager can't find the specified secret value for ${input.VersionId ?? `staging label: ${stage}`}`,
        );
      }
      return {
        ARN: secret.arn,
        Name: secret.name,
        VersionId: found[0],
        SecretString: version.string,
        SecretBinary: version.binary,
        VersionStages: version.stages,
        CreatedDate: seconds(version.createdAt),
      };
    },
    PutSecretValue(input) {
      const { secret, versionId } = put(live(input), input);
      if (!versionId)
        throw new AwsError('InvalidRequestException', 'You must provide either SecretString or SecretBinary.');
      store.save(secret);
      return {
        ARN: secret.arn,
        Name: secret.name,
        VersionId: versionId,
        VersionStages: secret.versions[versionId]?.stages,
      };
    },
    UpdateSecret(input) {
      const before = live(input);
      const described = {
        ...before,
        description: input.Description ?? before.description,
        kmsKeyId: input.KmsKeyId ?? before.kmsKeyId,
      };
      const { secret, versionId } = put(described, input);
      store.save({ ...secret, changedAt: Date.now() });
      return { ARN: secret.arn, Name: secret.name, VersionId: versionId };
    },
    DescribeSecret: (input) => describeSecret(store.find(required(input.SecretId, 'SecretId'))),
    ListSecrets: (input) => listSecrets(store.all(), input),
    DeleteSecret(input) {
      const secret = store.find(required(input.SecretId, 'SecretId'));
      const recoveryDays = input.ForceDeleteWithoutRecovery ? 0 : (input.RecoveryWindowInDays ?? 30);
      const deleteAt = Date.now() + recoveryDays * 86_400_000;
      if (recoveryDays === 0) store.remove(secret);
      else store.save({ ...secret, deleteAt });
      return { ARN: secret.arn, Name: secret.name, DeletionDate: seconds(deleteAt) };
    },
    RestoreSecret(input) {
      const { deleteAt: _, ...secret } = store.find(required(input.SecretId, 'SecretId'));
      store.save(secret);
      return { ARN: secret.arn, Name: secret.name };
    },
    TagResource(input) {
      const secret = live(input);
      store.save({
        ...secret,
        tags: { ...secret.tags, ...Object.fromEntries(input.Tags?.map(({ Key, Value }) => [Key, Value]) ?? []) },
      });
      return {};
    },
    UntagResource(input) {
      const secret = live(input);
      store.save({
        ...secret,
        tags: Object.fromEntries(Object.entries(secret.tags).filter(([key]) => !input.TagKeys?.includes(key))),
      });
      return {};
    },
    GetRandomPassword(input) {
      try {
        return { RandomPassword: randomPassword(input) };
      } catch (error) {
        throw new AwsError('InvalidParameterException', (error as Error).message);
      }
    },
  };
}

function required(value: string | undefined, field: string): string {
  if (value) return value;
  throw new AwsError('InvalidParameterException', `You must provide a value for ${field}.`);
}
